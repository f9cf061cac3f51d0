import { performance } from 'node:perf_hooks';
import { errorTable, torchError } from '../errors.js';
import { asTorchError } from './public-error.js';
import { traceOf } from './trace.js';
/**
 * The life of one request of any protocol: its id, clock and deadline, what it was about and how it ended. The end is
 * logged and counted once.
 */
export class ServerCall {
    context;
    started = performance.now();
    note = {};
    /** Whom the caller's token stands for, once it was asked for. */
    tokenId;
    route = 'unmatched';
    #origin;
    #served;
    /** Null until somebody asks. */
    #trace = null;
    #deadline = Infinity;
    #error;
    #isOver = false;
    constructor(context, origin) {
        this.context = context;
        this.#origin = origin;
        context.lifecycle.enter();
    }
    get id() {
        return this.#origin.id;
    }
    /** Aborts when the caller has gone. */
    get signal() {
        return this.#origin.caller.signal;
    }
    /** Whom limits and shares count the call for: its token's id, else the address that it comes from. */
    get client() {
        return this.tokenId ?? this.#origin.caller.address ?? 'unknown';
    }
    /** The model that the call is about, once that is known. */
    get served() {
        return this.#served;
    }
    /** The call is about this model: its log line and its answer say so. */
    about(served) {
        this.#served = served;
        this.note.model = served.name;
        this.note.version = served.version;
    }
    /** The trace that its caller began; what it calls in turn is given `trace.traceparent`. */
    get trace() {
        if (this.#trace === null) {
            const { traceparent, tracestate } = this.#origin.caller;
            this.#trace = traceparent === undefined ? undefined : traceOf(traceparent, tracestate);
        }
        return this.#trace;
    }
    /** Lets the caller in. @throws ERR_UNAUTHENTICATED, ERR_FORBIDDEN, ERR_RATE_LIMIT */
    authorize(authorization, scope) {
        const { address } = this.#origin.caller;
        const client = this.context.security.authorize({ authorization, address }, scope);
        if (client !== address)
            this.tokenId = client;
    }
    /** The code that the call failed with. */
    get code() {
        return this.#error?.code;
    }
    get isOver() {
        return this.#isOver;
    }
    /** Ends the call's time so many milliseconds after its start. */
    limitTo(limitMs) {
        this.#deadline = this.started + limitMs;
    }
    /** Milliseconds from the call's start to its deadline; Infinity without one. */
    get limitMs() {
        return this.#deadline - this.started;
    }
    /**
     * Milliseconds until the deadline; Infinity without one.
     * @throws ERR_TIMEOUT when the deadline has passed
     */
    timeLeft() {
        const left = this.#deadline - performance.now();
        if (left <= 0)
            throw torchError('ERR_TIMEOUT', 'The deadline passed before the run began');
        return left;
    }
    /** Takes what was thrown as the outcome, for the log and the metrics. Returns it as one of our errors. */
    failed(thrown) {
        return (this.#error = asTorchError(thrown));
    }
    /**
     * The answer is out, or its caller has gone. Only the first call counts.
     * @param status of the answer, as HTTP numbers them; 499 when the caller left before the answer was out
     */
    end(status) {
        if (this.#isOver)
            return;
        this.#isOver = true;
        const durationMs = performance.now() - this.started;
        const { metrics, lifecycle } = this.context;
        lifecycle.leave();
        metrics.request(this.route, this.#origin.method, status, durationMs / 1000);
        if (this.code)
            metrics.rejected(this.code);
        this.#log(status, durationMs);
    }
    /** One line: how long the call took and how it ended, never what it held. */
    #log(status, durationMs) {
        const { logger } = this.context;
        const { id: requestId, method, client } = this.#origin;
        const { trace } = this;
        const isOurFault = status >= 500 && this.#error !== undefined && !isExpected(this.#error);
        const line = {
            requestId,
            method,
            route: this.route,
            status,
            durationMs: toMicroseconds(durationMs),
            ...(client !== undefined && { client }),
            ...(this.tokenId !== undefined && { tokenId: this.tokenId }),
            // The names that collectors of logs look for.
            ...(trace && { trace_id: trace.traceId, span_id: trace.spanId, parent_id: trace.parentId }),
            ...this.note,
            ...(this.code && { code: this.code }),
            ...(status === 499 && { aborted: true }),
            // The message about a client's fault may quote what the client sent; the code says enough.
            ...(isOurFault && { err: this.#error }),
        };
        if (isOurFault)
            logger.error(line, 'request');
        else
            logger.info(line, 'request');
    }
}
/** Milliseconds, as fine as any reader of a log needs them. */
export function toMicroseconds(ms) {
    return Math.round(ms * 1000) / 1000;
}
/** Nothing is wrong here: a server that starts or ends says so, and a client may ask for what HTTP has and we have not. */
function isExpected({ code }) {
    return code === 'ERR_NOT_READY' || code === 'ERR_DRAINING' || errorTable[code].family === 'http';
}
