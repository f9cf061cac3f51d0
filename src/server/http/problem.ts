import { errorTable, type ErrorCode, type ErrorDetail, type TorchError } from '../../errors.js';
import { publicDetail } from '../public-error.js';

/** A problem document (RFC 9457): the body of every error answer. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly requestId: string;
  readonly errors?: readonly ErrorDetail[];
}

export function problemOf(error: TorchError, requestId: string): Problem {
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
