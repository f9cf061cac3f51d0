import { errorTable, isErrorCode, TorchError } from '../errors.js';
/** What every copy of this package marks its client's errors with. */
const brand = Symbol.for('node-libtorch.InferenceClientError');
/**
 * What goes wrong between `InferenceClient` and a server. `code` is one of this package's, also for a server of others: the
 * nearest to its status. `instanceof` tells the family of the code as well, so a server's full queue is an `OverloadError`.
 */
export class InferenceClientError extends TorchError {
    /** What was asked, e.g. `POST /v2/models/digits/infer`. */
    operation;
    /** How long the server asks to wait before the next try, in milliseconds. */
    retryAfterMs;
    /** What the server said, as it said it; undefined where none answered. */
    serverMessage;
    /** How often the client had tried. */
    attempts = 1;
    /** @internal False where no server can have begun with the call. */
    sent;
    /** @internal */
    stale;
    #status;
    constructor(code, message, options) {
        super(code, message, 'cause' in options ? { cause: options.cause } : {});
        this.operation = options.operation;
        this.#status = options.status ?? errorTable[code].status;
        this.retryAfterMs = options.retryAfterMs;
        this.serverMessage = options.serverMessage;
        this.sent = options.sent ?? true;
        this.stale = options.stale ?? false;
        // For logs they are noise; the client reads them.
        for (const name of ['sent', 'stale'])
            Object.defineProperty(this, name, { enumerable: false });
    }
    /** The HTTP status of the answer; without an answer the one that a gateway would give: 502 or 504. */
    get status() {
        return this.#status;
    }
    /** Errors of another copy of this package are instances too. */
    static [Symbol.hasInstance](value) {
        if (Function.prototype[Symbol.hasInstance].call(this, value))
            return true;
        if (typeof value !== 'object' || value === null || !(brand in value))
            return false;
        if (!isErrorCode(value.code))
            return false;
        return this === InferenceClientError || classes[value[brand]] === this;
    }
    get [brand]() {
        return undefined;
    }
}
/** The server answered with an error. `serverMessage` has its words, `status` its status. */
export class InferenceServerError extends InferenceClientError {
    get [brand]() {
        return 'server';
    }
}
/** There was no connection, or it ended before the answer did: ERR_CONNECTION. `cause` is the fault of the socket. */
export class InferenceConnectionError extends InferenceClientError {
    get [brand]() {
        return 'connection';
    }
}
/** What answered does not speak the protocol: a proxy's page, another service, wrong lengths. ERR_BAD_ANSWER. */
export class InferenceProtocolError extends InferenceClientError {
    get [brand]() {
        return 'protocol';
    }
}
/** The client's own limit of time was over: ERR_TIMEOUT. */
export class InferenceTimeoutError extends InferenceClientError {
    get [brand]() {
        return 'timeout';
    }
}
const classes = {
    server: InferenceServerError,
    connection: InferenceConnectionError,
    protocol: InferenceProtocolError,
    timeout: InferenceTimeoutError,
};
/** The nearest code to a status of HTTP, for servers that give none. */
export function codeOfStatus(status) {
    return codes.get(status) ?? (status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_INTERNAL');
}
const codes = new Map([
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
