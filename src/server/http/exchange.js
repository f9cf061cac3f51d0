import { randomUUID } from 'node:crypto';
import { torchError } from '../../errors.js';
import { answerHeaders } from '../answer-headers.js';
import { ServerCall } from '../call.js';
import { loadFormat } from '../load-report.js';
import { isRetryable, retrySeconds } from '../public-error.js';
import { acceptedTypes, ClientGone } from './body.js';
import { timedOut } from './client-error.js';
import { acceptedEncodings } from './encoding.js';
import { errorForms } from './error-forms.js';
import { endAfterUpload, isUploading } from './linger.js';
import { OpenExchanges } from './open-exchanges.js';
const key = Symbol('node-libtorch exchange');
const json = 'application/json; charset=utf-8';
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** A call over HTTP: the request and the ways to answer it. */
export class Exchange {
    context;
    req;
    res;
    call;
    /** How an error is answered. */
    errorForm = 'problem';
    #open;
    #isLast;
    /** The status that the parser's fault in it was answered with. */
    #refused;
    constructor(context, req, res) {
        this.context = context;
        this.req = req;
        this.res = res;
        const { method = '' } = req;
        this.#open = OpenExchanges.of(req.socket);
        this.call = new ServerCall(context, {
            id: requestIdOf(req),
            method: methods.has(method) ? method : 'other',
            client: context.logsClients ? this.#open.client : undefined,
            caller: this,
        });
        this.#open.begin(this);
        this.#isLast = this.#open.isSpare || this.#open.begun >= context.maxRequestsPerSocket;
        res.once('close', () => this.end());
    }
    /** The exchange of a request: the first handler to ask begins it. */
    static of(context, req, res) {
        const holder = res;
        return (holder[key] ??= new Exchange(context, req, res));
    }
    get isWhole() {
        return this.req.complete;
    }
    /** The address of the connection's other end. */
    get address() {
        return this.#open.client;
    }
    get traceparent() {
        return this.req.headers['traceparent'];
    }
    get tracestate() {
        return this.req.headers['tracestate'];
    }
    /** Comes over one connection more than the server takes. */
    get isSpare() {
        return this.#open.isSpare;
    }
    /** Calls at once, or in a turn of the event loop of its own when its connection, or all together, have had enough of this one. */
    inTurn(handle) {
        this.#open.inTurn(this, this.call.started, handle);
    }
    get note() {
        return this.call.note;
    }
    set route(label) {
        this.call.route = label;
    }
    /**
     * Milliseconds that a prediction may take: the header X-Request-Timeout-Ms shortens the server's limit and never
     * lengthens it.
     * @throws ERR_BAD_REQUEST when the header is not a positive integer
     */
    get timeLimit() {
        const limitMs = this.context.requestTimeoutMs;
        const given = this.req.headers['x-request-timeout-ms'];
        if (given === undefined)
            return limitMs;
        if (typeof given !== 'string' || !/^0*[1-9]\d*$/.test(given) || given.length > 20) {
            throw torchError('ERR_BAD_REQUEST', 'Expected an integer of at least 1 in the header X-Request-Timeout-Ms');
        }
        return Math.min(Number(given), limitMs);
    }
    /** Aborts when the client goes away before the answer is out. */
    get signal() {
        return this.call.isOver ? AbortSignal.abort(new ClientGone()) : this.#open.signal;
    }
    /** Answers with the handler of a route, and what it throws in the form of that route. */
    answer({ path, scope, handler, errorForm }, parameters) {
        this.route = path;
        this.errorForm = errorForm;
        try {
            if (this.context.security.isAsking)
                this.call.authorize(this.req.headers.authorization, scope);
            handler(this, parameters)?.catch((error) => this.fail(error));
        }
        catch (error) {
            this.fail(error);
        }
    }
    refuse(error) {
        this.#refused = this.call.failed(error).status;
        return this.call.id;
    }
    /** The answer is out, or its connection is gone. */
    end() {
        if (this.#open.delete(this))
            this.call.end(this.#status());
    }
    json(status, value, headers = {}) {
        this.send(status, json, JSON.stringify(value), headers);
    }
    /** Answers with an error, in the form of the route. Sends nothing when the client is gone or an answer is under way. */
    fail(thrown, headers = {}) {
        if (thrown instanceof ClientGone || this.call.isOver)
            return;
        const error = this.call.failed(thrown);
        if (this.res.headersSent) {
            this.res.destroy();
            return;
        }
        const { status, contentType, body } = errorForms[this.errorForm](error, this.call.id);
        this.send(status, contentType, JSON.stringify(body), {
            // Where the body has no place for it; gRPC has it in a trailer of this name.
            ...(this.errorForm !== 'problem' && { 'x-error-code': error.code }),
            ...(isRetryable(error) && { 'retry-after': retrySeconds(error) }),
            ...(status === 401 && { 'www-authenticate': challengeOf(this.req) }),
            ...(status === 415 && { accept: acceptedTypes, 'accept-encoding': acceptedEncodings }),
            ...headers,
        });
    }
    /** Sends a whole answer. Every answer goes through here, so that all carry the same headers. */
    send(status, contentType, body, headers = {}) {
        const { req, res, context } = this;
        const uploading = !req.complete && isUploading(req);
        res.writeHead(status, {
            ...answerHeaders(this.call, loadFormat(req.headers['endpoint-load-metrics-format'])),
            'cache-control': 'no-store',
            ...headers,
            ...(contentType !== undefined && { 'content-type': contentType, 'content-length': lengthOf(body) }),
            'x-request-id': this.call.id,
            'x-content-type-options': 'nosniff',
            ...((uploading || this.#isLast || context.lifecycle.leaving) && { connection: 'close' }),
        });
        const whole = typeof body === 'string' ? body : wholeOf(body);
        if (uploading)
            endAfterUpload(req, res, whole ?? Buffer.concat(body));
        else if (whole !== undefined)
            res.end(whole);
        else {
            // One write of the socket for all of them.
            res.cork();
            for (const part of body)
                res.write(part);
            res.end();
        }
    }
    /** 499 and 408 are logged and counted, not sent: the client left, or its request did not arrive in time. */
    #status() {
        if (this.res.writableFinished)
            return this.res.statusCode;
        if (this.#refused !== undefined)
            return this.#refused;
        return !this.req.complete && timedOut(this.req.socket) ? 408 : 499;
    }
}
/** What a caller without a token, or with a wrong one, is to show (RFC 6750 §3). */
function challengeOf({ headers }) {
    return `Bearer realm="node-libtorch"${headers.authorization === undefined ? '' : ', error="invalid_token"'}`;
}
function lengthOf(body) {
    if (typeof body === 'string')
        return Buffer.byteLength(body);
    return body.reduce((sum, part) => sum + part.byteLength, 0);
}
/** Up to here a copy costs less than a write. */
const smallBody = 16 * 1024;
/** Parts in one, where that is cheap; undefined where it is not. */
function wholeOf(parts) {
    if (parts.length <= 1)
        return parts[0] ?? Buffer.alloc(0);
    return lengthOf(parts) <= smallBody ? Buffer.concat(parts) : undefined;
}
/** The caller's own id when it is harmless in a header and in a log; a fresh one otherwise. */
function requestIdOf({ headers }) {
    const given = headers['x-request-id'];
    return typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
}
