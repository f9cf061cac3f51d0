/** How an error is written: each protocol's clients read one form, and fail over another. */
import { errorTable, type ErrorCode, type TorchError } from '../../errors.js';
import { publicDetail } from '../public-error.js';
import { problemOf } from './problem.js';

/** `problem` is RFC 9457; `oip` the Open Inference Protocol's and KServe's; `torchserve` TorchServe's. */
export type ErrorForm = 'problem' | 'oip' | 'torchserve';

/** The body of an error answer. */
interface ErrorAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}

type Writer = (error: TorchError, requestId: string) => ErrorAnswer;

/** The status of an error in one form. */
export function statusOf(form: ErrorForm, code: ErrorCode): number {
  return statuses[form](code);
}

/** One row for each form. */
export const errorForms: Readonly<Record<ErrorForm, Writer>> = {
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
const torchserveCodes: Partial<Record<ErrorCode, string>> = {
  ERR_MODEL_NOT_FOUND: 'ModelNotFoundException',
  ERR_VERSION_NOT_FOUND: 'ModelVersionNotFoundException',
};
const torchserveTypes: Readonly<Record<number, string>> = {
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
function requestStatus(code: ErrorCode): number {
  const { status } = errorTable[code];
  return status === 422 || status === 409 ? 400 : status;
}

/**
 * As Triton maps its errors (`HttpCodeFromError`): what a request asks wrongly is 400, a passed deadline is 503. A full
 * queue stays 429: a client that should slow down is told so.
 */
function oipStatus(code: ErrorCode): number {
  const status = requestStatus(code);
  return status === 504 ? 503 : status;
}

const statuses: Readonly<Record<ErrorForm, (code: ErrorCode) => number>> = {
  problem: (code) => errorTable[code].status,
  oip: oipStatus,
  torchserve: requestStatus,
};
