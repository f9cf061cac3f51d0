/**
 * Every error this package raises, in one table: code, class, HTTP status and title.
 * docs/errors.md and the tests are checked against it.
 */

/** How the errors of one family are told apart with `instanceof`. */
export type ErrorFamily = 'input' | 'load' | 'execution' | 'overload' | 'lifecycle' | 'environment' | 'http';

interface ErrorRow {
  readonly family: ErrorFamily;
  /** The status an HTTP answer carries when this error ends a request. */
  readonly status: number;
  readonly title: string;
}

const row = (family: ErrorFamily, status: number, title: string): ErrorRow => ({ family, status, title });

export const errorTable = {
  // What a caller passed is not what was asked for.
  ERR_INVALID_ARGUMENT: row('input', 400, 'Invalid argument'),
  ERR_INVALID_INPUT: row('input', 422, 'Invalid input'),
  ERR_INVALID_SHAPE: row('input', 422, 'Invalid shape'),
  ERR_INVALID_DTYPE: row('input', 422, 'Invalid dtype'),
  ERR_OUT_OF_RANGE: row('input', 422, 'Value out of range'),
  ERR_NOT_FINITE: row('input', 422, 'Value is not finite'),
  ERR_INVALID_IMAGE: row('input', 422, 'Invalid image'),
  ERR_UNSUPPORTED_TYPE: row('input', 422, 'Unsupported value type'),
  ERR_NOT_BATCHABLE: row('input', 422, 'Not batchable'),
  ERR_STATEFUL_MODEL: row('input', 400, 'Model keeps state'),
  ERR_METHOD_NOT_FOUND: row('input', 404, 'Method not found'),
  ERR_MODEL_NOT_FOUND: row('input', 404, 'Model not found'),
  ERR_VERSION_NOT_FOUND: row('input', 404, 'Model version not found'),
  ERR_TASK: row('input', 422, 'Wrong task'),
  ERR_VERSION_EXISTS: row('input', 409, 'Version already registered'),
  ERR_VERSION_IN_USE: row('input', 409, 'Version in use'),
  ERR_UNKNOWN_REQUEST: row('input', 404, 'Request not known'),
  ERR_FEEDBACK_REPEATED: row('input', 409, 'Feedback given already'),
  ERR_CANARY: row('input', 409, 'Canary not possible'),
  ERR_NO_CANARY: row('input', 404, 'No canary'),
  // A model could not be brought up.
  ERR_MODEL_LOAD: row('load', 422, 'Model could not be loaded'),
  ERR_MODEL_FORMAT: row('load', 422, 'Not a model of this format'),
  ERR_UNSAFE_ARCHIVE: row('load', 422, 'Unsafe model archive'),
  ERR_INTEGRITY: row('load', 409, 'Integrity check failed'),
  ERR_MANIFEST: row('load', 422, 'Invalid registry record'),
  ERR_SIGNATURE_MISMATCH: row('load', 409, 'Signature mismatch'),
  ERR_ADMISSION: row('load', 422, 'Model was not admitted'),
  ERR_SIGNATURE_REQUIRED: row('load', 403, 'Digest or signature required'),
  ERR_SIGNATURE_INVALID: row('load', 403, 'Signature not valid'),
  ERR_QUARANTINED: row('load', 409, 'Version in quarantine'),
  ERR_OPERATOR_LIBRARY: row('load', 422, 'Operator library could not be loaded'),
  ERR_OPERATOR_NOT_FOUND: row('load', 422, 'Operator not found'),
  // A run failed.
  ERR_MODEL_EXECUTION: row('execution', 500, 'Model execution failed'),
  ERR_BAD_OUTPUT: row('execution', 500, 'Unsupported model output'),
  ERR_OUT_OF_MEMORY: row('execution', 503, 'Out of memory'),
  ERR_INTERNAL: row('execution', 500, 'Internal error'),
  // There is no room or no time.
  ERR_QUEUE_FULL: row('overload', 429, 'Queue full'),
  ERR_RATE_LIMIT: row('overload', 429, 'Too many requests'),
  ERR_TIMEOUT: row('overload', 504, 'Deadline exceeded'),
  // The thing asked is not up, or no longer.
  ERR_NOT_READY: row('lifecycle', 503, 'Not ready'),
  ERR_DRAINING: row('lifecycle', 503, 'Shutting down'),
  ERR_DISPOSED: row('lifecycle', 503, 'Model disposed'),
  ERR_ALREADY_INITIALIZED: row('lifecycle', 409, 'Already initialized'),
  // The registry's disk.
  ERR_REGISTRY_LOCKED: row('lifecycle', 423, 'Registry is being written'),
  ERR_STORAGE: row('environment', 503, 'Registry cannot be used'),
  ERR_STORAGE_FULL: row('environment', 507, 'Registry is full'),
  // The machine, the installation or the settings.
  ERR_CONFIG: row('environment', 500, 'Invalid configuration'),
  ERR_PRECISION_UNSUPPORTED: row('environment', 400, 'Precision not supported'),
  ERR_DEVICE_UNAVAILABLE: row('environment', 503, 'Device not available'),
  ERR_DEVICE_FAILED: row('environment', 503, 'Device failed'),
  ERR_PLATFORM_UNSUPPORTED: row('environment', 500, 'Platform not supported'),
  ERR_LIBTORCH_NOT_FOUND: row('environment', 500, 'LibTorch not found'),
  ERR_LIBTORCH_VERSION: row('environment', 500, 'Wrong LibTorch version'),
  ERR_LIBTORCH_LOAD: row('environment', 500, 'LibTorch could not be loaded'),
  ERR_ONNXRUNTIME_NOT_FOUND: row('environment', 500, 'ONNX Runtime not found'),
  ERR_ONNXRUNTIME_LOAD: row('environment', 500, 'ONNX Runtime could not be loaded'),
  ERR_ADDON_NOT_FOUND: row('environment', 500, 'Native addon not found'),
  ERR_ADDON_LOAD: row('environment', 500, 'Native addon could not be loaded'),
  ERR_SHARP_NOT_FOUND: row('environment', 500, 'sharp not found'),
  ERR_HUB_NOT_FOUND: row('environment', 500, '@huggingface/hub not found'),
  ERR_SIGSTORE_NOT_FOUND: row('environment', 500, '@sigstore/verify not found'),
  ERR_GRPC_NOT_FOUND: row('environment', 500, '@grpc/grpc-js not found'),
  ERR_BUILD: row('environment', 500, 'Build failed'),
  ERR_DOWNLOAD: row('environment', 500, 'Download failed'),
  // The HTTP request itself.
  ERR_MALFORMED_JSON: row('http', 400, 'Malformed JSON'),
  ERR_BAD_REQUEST: row('http', 400, 'Bad request'),
  ERR_UNAUTHENTICATED: row('http', 401, 'Authentication required'),
  ERR_FORBIDDEN: row('http', 403, 'Forbidden'),
  ERR_VALIDATION: row('http', 422, 'Validation failed'),
  ERR_ROUTE_NOT_FOUND: row('http', 404, 'Not found'),
  ERR_METHOD_NOT_ALLOWED: row('http', 405, 'Method not allowed'),
  ERR_REQUEST_TIMEOUT: row('http', 408, 'Request timeout'),
  ERR_PAYLOAD_TOO_LARGE: row('http', 413, 'Payload too large'),
  ERR_UNSUPPORTED_MEDIA_TYPE: row('http', 415, 'Unsupported media type'),
  ERR_HEADERS_TOO_LARGE: row('http', 431, 'Request header fields too large'),
  ERR_NOT_IMPLEMENTED: row('http', 501, 'Not implemented'),
  ERR_HTTP_VERSION: row('http', 505, 'HTTP version not supported'),
  // What a client meets on its way to a server: the statuses are those of a gateway.
  ERR_CONNECTION: row('http', 502, 'Connection failed'),
  ERR_BAD_ANSWER: row('http', 502, 'Not an answer of the protocol'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/** One fault in the data of a request: where (a JSON pointer) and what. */
export interface ErrorDetail {
  readonly pointer: string;
  readonly detail: string;
}

/** One element of a tensor argument that is not what the signature allows. Never the value: it may be personal data. */
export interface ElementFault {
  /** Name of the argument. */
  readonly argument: string;
  /** Position in the tensor's data. */
  readonly element: number;
  /** What was expected and, in words, what came. */
  readonly detail: string;
  readonly isNaN: boolean;
}

export interface TorchErrorOptions {
  /** What led to this error: anything at all. It is for logs, and never goes into an HTTP answer. Default: none. */
  cause?: unknown;
  /** The single faults, where a request has several. Default: none. */
  errors?: readonly ErrorDetail[];
  /** Elements at fault, at most 16. */
  faults?: readonly ElementFault[];
  /** What to do about it, where that is known. It becomes the last line of the message. Default: none. */
  hint?: string | undefined;
  /** Where in the model's code it happened. It is for logs, as `cause` is. Default: none. */
  trace?: string | undefined;
}

/** Marks our errors with their family, for other copies of this package in the process: each copy has its own classes. */
const brand = Symbol.for('node-libtorch.TorchError');

/**
 * Base of every error this package raises. The first line of `message` says what was expected and what came; where a `hint`
 * is known, it is the last line.
 */
export class TorchError extends Error {
  /** Which fault it is. Codes are stable; messages are not. */
  readonly code: ErrorCode;
  /** The single faults, where a request has several. */
  readonly errors: readonly ErrorDetail[] | undefined;
  /** The first elements of the input that are at fault, where the fault is in elements. */
  readonly faults: readonly ElementFault[] | undefined;
  /** What to do about a common mistake, such as a batch dimension that is missing; no member where nothing is known. */
  declare readonly hint?: string;
  /**
   * Where in the model's code a run or a load failed: the frames of TorchScript's interpreter, or the node of a graph. No member
   * where nothing is known. It quotes lines of the model, so it is for your logs and never in an HTTP answer.
   */
  declare readonly trace?: string;

  constructor(code: ErrorCode, message: string, options: TorchErrorOptions = {}) {
    const { hint, trace } = options;
    super(
      hint === undefined ? message : message + hintLine(hint),
      'cause' in options ? { cause: options.cause } : undefined,
    );
    this.code = code;
    this.errors = options.errors;
    this.faults = options.faults;
    // Not enumerable, as `stack` and `cause` are not: an error that is printed begins with its message, and one that is sent as
    // JSON holds no code of the model.
    if (hint !== undefined) Object.defineProperty(this, 'hint', { value: hint });
    if (trace !== undefined) Object.defineProperty(this, 'trace', { value: trace });
  }

  /** Errors of another copy of this package, or of another realm, are instances too. */
  static override [Symbol.hasInstance](this: abstract new (...args: never[]) => unknown, value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    if (typeof value !== 'object' || value === null || !(brand in value)) return false;
    // A newer copy may have codes that this one does not know.
    if (!isErrorCode((value as { code?: unknown }).code)) return false;
    return this === TorchError || familyClass[value[brand] as ErrorFamily] === this;
  }

  get [brand](): ErrorFamily {
    return errorTable[this.code].family;
  }

  /** Also what a stack trace shows: `InputError [ERR_INVALID_SHAPE]`. */
  override get name(): string {
    return `${this.constructor.name} [${this.code}]`;
  }

  /** The status of an HTTP answer when this error ends a request. */
  get status(): number {
    return errorTable[this.code].status;
  }

  /** What every error of this code is called, e.g. `Invalid shape`. */
  get title(): string {
    return errorTable[this.code].title;
  }
}

export class InputError extends TorchError {}
export class LoadError extends TorchError {}
export class ExecutionError extends TorchError {}
export class OverloadError extends TorchError {}
export class LifecycleError extends TorchError {}
export class EnvironmentError extends TorchError {}
export class HttpError extends TorchError {}

const familyClass: Record<ErrorFamily, typeof TorchError> = {
  input: InputError,
  load: LoadError,
  execution: ExecutionError,
  overload: OverloadError,
  lifecycle: LifecycleError,
  environment: EnvironmentError,
  http: HttpError,
};

const hintLine = (hint: string): string => `\n  hint: ${hint}`;

/** An error as a message between threads and processes carries it. */
export interface SaidError {
  readonly code: ErrorCode;
  /** Without the line of the hint. */
  readonly message: string;
  readonly errors?: readonly ErrorDetail[];
  readonly hint?: string;
  readonly trace?: string;
}

/** What to post about anything that was thrown; `errorOf` makes the error of it again. */
export function sayError(thrown: unknown): SaidError {
  if (!(thrown instanceof TorchError)) {
    return { code: 'ERR_INTERNAL', message: isError(thrown) ? thrown.message : String(thrown) };
  }
  const { code, errors, hint, trace } = thrown;
  return {
    code,
    message: sentenceOf(thrown),
    ...(errors && { errors }),
    ...(hint !== undefined && { hint }),
    ...(trace !== undefined && { trace }),
  };
}

/** The error that was said. A code that this version does not know is ERR_INTERNAL. */
export function errorOf({ code, message, errors, hint, trace }: SaidError): TorchError {
  return torchError(isErrorCode(code) ? code : 'ERR_INTERNAL', message, { ...(errors && { errors }), hint, trace });
}

/** The message without the line of the hint. */
export function sentenceOf({ message, hint }: TorchError): string {
  const line = hint === undefined ? '' : hintLine(hint);
  return message.endsWith(line) ? message.slice(0, message.length - line.length) : message;
}

/** An error about the same with other words: a hint stays its last line, a trace stays apart, and it is the cause. */
export function reworded(error: TorchError, change: (sentence: string) => string): TorchError {
  const { code, errors, hint, trace } = error;
  return torchError(code, change(sentenceOf(error)), { ...(errors && { errors }), cause: error, hint, trace });
}

/** The error of a code, as an instance of its family's class. */
export function torchError(code: ErrorCode, message: string, options?: TorchErrorOptions): TorchError {
  return new familyClass[errorTable[code].family](code, message, options);
}

/** Whether it is an error of this package with that code. */
export function hasCode(thrown: unknown, code: ErrorCode): thrown is TorchError {
  return thrown instanceof TorchError && thrown.code === code;
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}

/** `TypeError`-style sentence used for every misuse: expected X for Y, got Z. */
export function expected(what: string, where: string, got: unknown): TorchError {
  return torchError('ERR_INVALID_ARGUMENT', `Expected ${what} for ${where} but received ${describe(got)}`);
}

/** A short, safe description of any value for messages: its kind, never its contents. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.length > 64 ? `${value.slice(0, 61)}...` : value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'function') return 'a function';
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `an instance of ${name}` : 'an object';
}

/** `an int64`, `a float32`, `a uint8`: with the article that its sound wants. No noun of ours begins with another u. */
export function withArticle(noun: string): string {
  return `${/^[aeio]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}

/** An Error, also one that another realm (vm, Jest) made, which `instanceof` does not know; so are Node's own there. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** Warns of what a listener threw: anything at all, and process.emitWarning itself throws for what is no Error. */
export function warnOf(thrown: unknown): void {
  try {
    process.emitWarning(isError(thrown) ? thrown : `A listener threw ${describe(thrown)}`);
  } catch {
    const { name, message } = thrown as Error; // an error of another realm is none to Node
    process.emitWarning(`A listener threw ${name}: ${message}`);
  }
}
