import { errorTable } from '../../errors.js';
import { publicDetail } from '../public-error.js';
export function problemOf(error, requestId) {
    const { code, errors } = error;
    const { status, title } = errorTable[code];
    return {
        type: `urn:node-libtorch:error:${code}`,
        title,
        status,
        detail: publicDetail(error),
        code,
        requestId,
        ...(status < 500 && errors !== undefined && { errors }),
    };
}
