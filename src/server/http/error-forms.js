/** How an error is written: each protocol's clients read one form, and fail over another. */
import { errorTable } from '../../errors.js';
import { publicDetail } from '../public-error.js';
import { problemOf } from './problem.js';
/** The status of an error in one form. */
export function statusOf(form, code) {
    return statuses[form](code);
}
/** One row for each form. */
export const errorForms = {
    problem(error, requestId) {
        const body = problemOf(error, requestId);
        return { status: body.status, contentType: 'application/problem+json; charset=utf-8', body };
    },
    // tritonclient needs a text as `error`; KServe's client reads it only under exactly this content type.
    oip: (error) => ({
        status: oipStatus(error.code),
        contentType: 'application/json',
        body: { error: publicDetail(error) },
    }),
    torchserve(error) {
        const status = requestStatus(error.code);
        const type = torchserveCodes[error.code] ?? torchserveTypes[status] ?? 'InternalServerException';
        return { status, contentType: 'application/json', body: { code: status, type, message: publicDetail(error) } };
    },
};
/** The exceptions of TorchServe (`org.pytorch.serve.http`) that clients tell apart. */
const torchserveCodes = {
    ERR_MODEL_NOT_FOUND: 'ModelNotFoundException',
    ERR_VERSION_NOT_FOUND: 'ModelVersionNotFoundException',
};
const torchserveTypes = {
    400: 'BadRequestException',
    401: 'InvalidKeyException',
    404: 'ResourceNotFoundException',
    405: 'MethodNotAllowedException',
    408: 'RequestTimeoutException',
    413: 'RequestEntityTooLargeException',
    415: 'UnsupportedMediaTypeException',
    429: 'ServiceUnavailableException',
    503: 'ServiceUnavailableException',
    504: 'RequestTimeoutException',
};
/** What a request asks wrongly is 400: neither protocol knows another status for it. */
function requestStatus(code) {
    const { status } = errorTable[code];
    return status === 422 || status === 409 ? 400 : status;
}
/**
 * As Triton maps its errors (`HttpCodeFromError`): what a request asks wrongly is 400, what there is no time for 503. A full
 * queue stays 429: a client that should slow down is told so.
 */
function oipStatus(code) {
    const status = requestStatus(code);
    return status === 504 ? 503 : status;
}
const statuses = {
    problem: (code) => errorTable[code].status,
    oip: oipStatus,
    torchserve: requestStatus,
};
