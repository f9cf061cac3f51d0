import { errorTable, isErrorCode, TorchError, torchError, type ErrorCode, type ErrorDetail } from '../../errors.js';

/** An RFC 9457 problem document. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly requestId: string;
  readonly errors?: readonly ErrorDetail[];
}

/** What a caller is told of faults that are not theirs: never the message, which may hold paths, frames or values. */
const publicTexts: Partial<Record<ErrorCode, string>> = {
  ERR_MODEL_EXECUTION: 'The model raised an error while it ran.',
  ERR_BAD_OUTPUT: 'The model returned something that cannot be served.',
  ERR_OUT_OF_MEMORY: 'There was not enough memory to run the model.',
  ERR_DEVICE_FAILED: 'The device that runs the model has failed. Try another server.',
  ERR_QUEUE_FULL: 'More requests are waiting than this server accepts. Try again later.',
  ERR_TIMEOUT: 'The request was not answered before its deadline.',
  ERR_NOT_READY: 'The model is still loading. Try again later.',
  ERR_DRAINING: 'The server is shutting down. Try another one.',
  ERR_DISPOSED: 'The model was taken out of service.',
};

/** The families whose messages speak of the request itself, and so are for the caller to read. */
const publicFamilies: ReadonlySet<string> = new Set(['input', 'http']);

/** Names that stand for a status where an error of other software carries no code of ours. */
const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'ERR_BAD_REQUEST',
  408: 'ERR_REQUEST_TIMEOUT',
  413: 'ERR_PAYLOAD_TOO_LARGE',
  415: 'ERR_UNSUPPORTED_MEDIA_TYPE',
};

/** Any thrown value as one of our errors; what is not ours keeps its client status, and nothing of its text. */
export function asTorchError(thrown: unknown): TorchError {
  if (thrown instanceof TorchError) return thrown;
  const { code, status } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Record<string, unknown>;
  // Another copy of this package in the process has its own classes.
  if (isErrorCode(code)) return torchError(code, errorTable[code].title, { cause: thrown });
  const known = typeof status === 'number' ? codeOfStatus[status] : undefined;
  return torchError(known ?? 'ERR_INTERNAL', known ? errorTable[known].title : 'Unexpected error', { cause: thrown });
}

export function problemOf(error: TorchError, requestId: string): Problem {
  const { code } = error;
  const { family, status, title } = errorTable[code];
  return {
    type: `urn:node-libtorch:error:${code}`,
    title,
    status,
    detail: status < 500 && publicFamilies.has(family) ? error.message : (publicTexts[code] ?? `${title}.`),
    code,
    requestId,
    ...(status < 500 && error.errors !== undefined && { errors: error.errors }),
  };
}

/** Whether a caller is told to come back. */
export function isRetryable({ code }: TorchError): boolean {
  const { status } = errorTable[code];
  return status === 429 || status === 503;
}

/** Value of Retry-After: spread, so that refused clients do not come back together. */
export function retrySeconds(): string {
  return String(1 + Math.floor(Math.random() * 5));
}
