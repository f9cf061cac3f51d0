import { errorTable, isErrorCode, TorchError, torchError, type ErrorCode } from '../errors.js';
import { withoutFolders } from '../files/without-folders.js';

/**
 * What a caller of any protocol reads of an error that is not their fault. Its own message is never sent: it may hold
 * paths, stack frames or values.
 */
const publicTexts: Partial<Record<ErrorCode, string>> = {
  ERR_MODEL_EXECUTION: 'The model raised an error while it ran.',
  ERR_BAD_OUTPUT: 'The model returned something that cannot be served.',
  ERR_OUT_OF_MEMORY: 'There was not enough memory to run the model.',
  ERR_DEVICE_FAILED: 'The device that runs the model has failed. Try another server.',
  ERR_QUEUE_FULL: 'More requests are waiting than this server accepts. Try again later.',
  ERR_RATE_LIMIT: 'This client has sent more than it may. Try again later.',
  ERR_TIMEOUT: 'The request was not answered before its deadline.',
  ERR_NOT_READY: 'The model is still loading. Try again later.',
  ERR_DRAINING: 'The server is shutting down. Try another one.',
  ERR_DISPOSED: 'The model was taken out of service.',
  ERR_NOT_IMPLEMENTED: 'Expected a body sent whole or in chunks: no other transfer-encoding than chunked is supported.',
  ERR_HTTP_VERSION: 'Expected HTTP/1.1 or HTTP/1.0.',
};

/** The families whose messages speak of the request itself, so the caller may read them. */
const publicFamilies: ReadonlySet<string> = new Set(['input', 'http']);

/** The code for an HTTP status, for errors of other software that carry none of our codes. */
const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'ERR_BAD_REQUEST',
  408: 'ERR_REQUEST_TIMEOUT',
  413: 'ERR_PAYLOAD_TOO_LARGE',
  415: 'ERR_UNSUPPORTED_MEDIA_TYPE',
};

/** Turns any thrown value into one of our errors. An error of other software keeps its client status, not its text. */
export function asTorchError(thrown: unknown): TorchError {
  if (thrown instanceof TorchError) return thrown;
  const { code, status } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Record<string, unknown>;
  // Another copy of this package in the process has its own classes.
  if (isErrorCode(code)) return torchError(code, errorTable[code].title, { cause: thrown });
  const known = typeof status === 'number' ? codeOfStatus[status] : undefined;
  return torchError(known ?? 'ERR_INTERNAL', known ? errorTable[known].title : 'Unexpected error', { cause: thrown });
}

/** Errors of management: who may change models may read why a change failed. */
const told = new WeakSet<TorchError>();
const mostDetail = 500;

/** The error, such that its caller may read the first line of its message: of paths the last part. For administrators. */
export function disclosed(error: TorchError): TorchError {
  const { code, message, errors } = error;
  const [line = ''] = message.split('\n', 1);
  const clean = torchError(code, withoutFolders(line).slice(0, mostDetail), {
    cause: error,
    ...(errors && { errors }),
  });
  told.add(clean);
  return clean;
}

/** The sentence about an error that its caller may read. */
export function publicDetail(error: TorchError): string {
  const { code, message } = error;
  if (told.has(error)) return message;
  const { family, status, title } = errorTable[code];
  if (status < 500 && publicFamilies.has(family)) return message;
  return publicTexts[code] ?? `${title}.`;
}

/** Whether the caller should try again later. */
export function isRetryable({ code }: TorchError): boolean {
  const { status } = errorTable[code];
  return status === 429 || status === 503;
}

/** Errors that know when to try again, in milliseconds. */
const waits = new WeakMap<TorchError, number>();

/** Notes when to try again. Returns the error. */
export function retryAfter(error: TorchError, waitMs: number): TorchError {
  waits.set(error, waitMs);
  return error;
}

/** Seconds until the next try. They are spread, so that refused clients do not come back together. */
export function retrySeconds(error?: TorchError): string {
  const waitMs = (error && waits.get(error)) ?? 0;
  return String(Math.ceil(waitMs / 1000) + Math.floor(Math.random() * 5) + (waitMs > 0 ? 0 : 1));
}
