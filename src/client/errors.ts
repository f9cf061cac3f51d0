import { errorTable, isErrorCode, TorchError, type ErrorCode } from '../errors.js';

/** What every copy of this package marks its client's errors with. */
const brand = Symbol.for('node-libtorch.InferenceClientError');

/** Which of the classes an error is of. */
type Kind = 'server' | 'connection' | 'protocol' | 'timeout';

export interface InferenceClientErrorOptions {
  /** What led to it: the error of the connection, of the parser, of gRPC. */
  readonly cause?: unknown;
  /** Of the answer, where there was one. Default: that of the code. */
  readonly status?: number | undefined;
  /** What was asked, e.g. `POST /v2/models/digits/infer`. Never a token or a value. */
  readonly operation: string;
  /** How long the server asks to wait before the next try. */
  readonly retryAfterMs?: number | undefined;
  /** Whether a server can have begun with the call, for the client that decides on another try. */
  readonly sent?: boolean;
  /** Whether a kept connection was closed under the request, which says nothing of the server. */
  readonly stale?: boolean;
  /** The server's own words, without ours. */
  readonly serverMessage?: string | undefined;
}

/**
 * What goes wrong between `InferenceClient` and a server. `code` is one of this package's, also for a server of others: the
 * nearest to its status. `instanceof` tells the family of the code as well, so a server's full queue is an `OverloadError`.
 */
export class InferenceClientError extends TorchError {
  /** What was asked, e.g. `POST /v2/models/digits/infer`. */
  readonly operation: string;
  /** How long the server asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** What the server said, as it said it; undefined where none answered. */
  readonly serverMessage: string | undefined;
  /** How often the client had tried. */
  attempts = 1;
  /** @internal False where no server can have begun with the call. */
  readonly sent: boolean;
  /** @internal */
  readonly stale: boolean;
  readonly #status: number;

  constructor(code: ErrorCode, message: string, options: InferenceClientErrorOptions) {
    super(code, message, 'cause' in options ? { cause: options.cause } : {});
    this.operation = options.operation;
    this.#status = options.status ?? errorTable[code].status;
    this.retryAfterMs = options.retryAfterMs;
    this.serverMessage = options.serverMessage;
    this.sent = options.sent ?? true;
    this.stale = options.stale ?? false;
    // For logs they are noise; the client reads them.
    for (const name of ['sent', 'stale']) Object.defineProperty(this, name, { enumerable: false });
  }

  /** The HTTP status of the answer; without an answer the one that a gateway would give: 502 or 504. */
  override get status(): number {
    return this.#status;
  }

  /** Errors of another copy of this package are instances too. */
  static override [Symbol.hasInstance](this: abstract new (...args: never[]) => unknown, value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    if (typeof value !== 'object' || value === null || !(brand in value)) return false;
    if (!isErrorCode((value as { code?: unknown }).code)) return false;
    return this === InferenceClientError || classes[value[brand] as Kind] === this;
  }

  get [brand](): Kind | undefined {
    return undefined;
  }
}

/** The server answered with an error. `serverMessage` has its words, `status` its status. */
export class InferenceServerError extends InferenceClientError {
  override get [brand](): Kind {
    return 'server';
  }
}

/** There was no connection, or it ended before the answer did: ERR_CONNECTION. `cause` is the fault of the socket. */
export class InferenceConnectionError extends InferenceClientError {
  override get [brand](): Kind {
    return 'connection';
  }
}

/** What answered does not speak the protocol: a proxy's page, another service, wrong lengths. ERR_BAD_ANSWER. */
export class InferenceProtocolError extends InferenceClientError {
  override get [brand](): Kind {
    return 'protocol';
  }
}

/** The client's own limit of time was over: ERR_TIMEOUT. */
export class InferenceTimeoutError extends InferenceClientError {
  override get [brand](): Kind {
    return 'timeout';
  }
}

const classes: Readonly<Record<Kind, unknown>> = {
  server: InferenceServerError,
  connection: InferenceConnectionError,
  protocol: InferenceProtocolError,
  timeout: InferenceTimeoutError,
};

/** The nearest code to a status of HTTP, for servers that give none. */
export function codeOfStatus(status: number): ErrorCode {
  return codes.get(status) ?? (status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_INTERNAL');
}

const codes: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [404, 'ERR_MODEL_NOT_FOUND'],
  [405, 'ERR_METHOD_NOT_ALLOWED'],
  [408, 'ERR_REQUEST_TIMEOUT'],
  [413, 'ERR_PAYLOAD_TOO_LARGE'],
  [415, 'ERR_UNSUPPORTED_MEDIA_TYPE'],
  [422, 'ERR_INVALID_INPUT'],
  [429, 'ERR_QUEUE_FULL'],
  [431, 'ERR_HEADERS_TOO_LARGE'],
  [501, 'ERR_NOT_IMPLEMENTED'],
  [502, 'ERR_CONNECTION'],
  [503, 'ERR_NOT_READY'],
  [504, 'ERR_TIMEOUT'],
]);
