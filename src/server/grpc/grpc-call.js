import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { errorTable, torchError } from '../../errors.js';
import { ServerCall } from '../call.js';
import { httpStatusOf, statusCodes } from './status.js';
/** One call of gRPC: of a stream, the whole of it. */
export class GrpcCall {
    reading;
    /** The caller's own when it is harmless in a header and in a log; a fresh one otherwise. */
    id;
    /** Why it is refused, before its message is read. */
    refusal;
    #context;
    #arrival;
    #open = new Set();
    #abort;
    #isOver = false;
    constructor(context, arrival, reading) {
        this.reading = reading;
        this.#context = context;
        this.#arrival = arrival;
        const [given] = arrival.metadata.get('x-request-id');
        this.id = typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
    }
    /** Of the connection's other end. */
    get address() {
        return this.#arrival.address;
    }
    /** A token, as `Bearer TOKEN`. */
    get authorization() {
        return this.metadata('authorization');
    }
    get traceparent() {
        return this.metadata('traceparent');
    }
    get tracestate() {
        return this.metadata('tracestate');
    }
    /** What the client has sent under a name. */
    metadata(name) {
        const [given] = this.#arrival.metadata.get(name);
        return typeof given === 'string' ? given : undefined;
    }
    /** Aborts when the client has cancelled, has gone, or its time has passed. */
    get signal() {
        if (!this.#abort) {
            this.#abort = new AbortController();
            // All requests of a stream listen to it.
            setMaxListeners(0, this.#abort.signal);
            if (this.#isOver)
                this.#abort.abort(this.#gone());
        }
        return this.#abort.signal;
    }
    /** Begins a request of this call: its only one, or one of a stream's. Its time is the client's, or the server's where that ends before. */
    begin() {
        const { path, deadline } = this.#arrival;
        const call = new ServerCall(this.#context, {
            id: this.id,
            method: 'grpc',
            client: this.#context.logsClients ? this.address : undefined,
            caller: this,
        });
        call.route = path;
        call.limitTo(Math.min(this.#context.requestTimeoutMs, deadline - Date.now()));
        this.#open.add(call);
        return call;
    }
    get isOver() {
        return this.#isOver;
    }
    /** The request of a call that has one. */
    get only() {
        const [call] = this.#open;
        return call;
    }
    /** Takes an error as the outcome of every request that is open. */
    failed(error) {
        for (const call of this.#open)
            call.failed(error);
    }
    /** A request was answered. @param status of gRPC */
    answered(call, status) {
        if (!this.#open.delete(call))
            return;
        call.end(call.code ? errorTable[call.code].status : httpStatusOf(status));
    }
    /** The call is over. @param status that the client has; undefined when it has cancelled or gone */
    end(status) {
        if (this.#isOver)
            return;
        this.#isOver = true;
        const own = status ?? (this.#isLate ? statusCodes.DEADLINE_EXCEEDED : statusCodes.CANCELLED);
        if (own !== statusCodes.OK)
            this.#abort?.abort(this.#gone());
        for (const call of this.#open)
            this.answered(call, own);
        this.reading.end();
    }
    get #isLate() {
        return this.#arrival.deadline <= Date.now();
    }
    #gone() {
        return this.#isLate
            ? torchError('ERR_TIMEOUT', "The client's deadline passed")
            : torchError('ERR_REQUEST_TIMEOUT', 'The client has cancelled the call');
    }
}
