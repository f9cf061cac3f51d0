import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { torchError, type ErrorCode, type TorchError } from '../../errors.js';
import { answerHeaders } from '../answer-headers.js';
import { ServerCall, type PredictionNote, type RouteLabel } from '../call.js';
import type { ServerContext } from '../context.js';
import { loadFormat } from '../load-report.js';
import { isRetryable, retrySeconds } from '../public-error.js';
import type { Scope } from '../security/scope.js';
import type { SpanDescription, SpanEnd } from '../tracing/description.js';
import { describeHttp, endOfHttp } from '../tracing/http.js';
import { acceptedTypes, ClientGone } from './body.js';
import { timedOut } from './client-error.js';
import { acceptedEncodings } from './encoding.js';
import { errorForms, type ErrorForm } from './error-forms.js';
import { endAfterUpload, isUploading } from './linger.js';
import { OpenExchanges, type Endable } from './open-exchanges.js';

/** The segments of a path that a route's pattern names. */
export type PathParameters = Readonly<Record<string, string | undefined>>;

/** The work of a route. It answers through the exchange; an error that it throws is answered with a problem document. */
export type Handler = (exchange: Exchange, parameters: PathParameters) => void | Promise<void>;

const key = Symbol('node-libtorch exchange');
const json = 'application/json; charset=utf-8';
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The part of a bound route that answers. */
interface Answering {
  readonly path: RouteLabel;
  readonly scope: Scope;
  readonly errorForm: ErrorForm;
  readonly handler: Handler;
  readonly isProbe?: true;
}

/** A call over HTTP: the request and the ways to answer it. */
export class Exchange implements Endable {
  readonly call: ServerCall;
  /** How an error is answered. */
  errorForm: ErrorForm = 'problem';
  readonly #open: OpenExchanges;
  readonly #isLast: boolean;
  /** The status that the parser's fault in it was answered with. */
  #refused: number | undefined;

  private constructor(
    readonly context: ServerContext,
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
  ) {
    const { method = '' } = req;
    this.#open = OpenExchanges.of(req.socket);
    this.call = new ServerCall(context, {
      id: requestIdOf(req),
      method: methods.has(method) ? method : 'other',
      loggedAddress: context.logsClients ? this.#open.client : undefined,
      caller: this,
      protocol: this,
      ambient: context.tracing.ambient,
    });
    this.#open.begin(this);
    this.#isLast = this.#open.isSpare || this.#open.begun >= context.maxRequestsPerSocket;
    res.once('close', () => this.end());
    // The client has left before this app was reached: its connection has closed, and will not say so again.
    if (req.socket.destroyed) process.nextTick(() => this.end());
  }

  /** The exchange of a request: the first handler to ask begins it. */
  static of(context: ServerContext, req: IncomingMessage, res: ServerResponse): Exchange {
    const holder = res as ServerResponse & { [key]?: Exchange };
    return (holder[key] ??= new Exchange(context, req, res));
  }

  get isWhole(): boolean {
    return this.req.complete;
  }

  /** The address of the connection's other end. */
  get address(): string | undefined {
    return this.#open.client;
  }

  get traceparent(): string | undefined {
    return this.req.headers['traceparent'] as string | undefined;
  }

  get tracestate(): string | undefined {
    return this.req.headers['tracestate'] as string | undefined;
  }

  header(name: string): string | undefined {
    const { headers } = this.req;
    // `__proto__` and `constructor` are names of headers too, and of what every object has.
    const given = Object.hasOwn(headers, name) ? headers[name] : undefined;
    return Array.isArray(given) ? given.join(', ') : given;
  }

  describe(route: RouteLabel, client: string | undefined): SpanDescription {
    return describeHttp(this.req, route === 'unmatched' ? undefined : route, client);
  }

  endOf(status: number, code: ErrorCode | undefined): SpanEnd {
    return endOfHttp(status, code);
  }

  /** Comes over one connection more than the server takes. */
  get isSpare(): boolean {
    return this.#open.isSpare;
  }

  /**
   * Calls at once, or in a turn of the event loop of its own when its connection, or all together, have had enough of this one.
   * @param isUrgent whether it need not wait behind those that came before it
   */
  inTurn(handle: (exchange: Exchange) => void, isUrgent: (exchange: Exchange) => boolean): void {
    this.#open.inTurn<Exchange>(this, this.call.started, handle, isUrgent);
  }

  get note(): PredictionNote {
    return this.call.note;
  }

  set route(label: RouteLabel) {
    this.call.route = label;
  }

  /**
   * Milliseconds that a prediction may take: the header X-Request-Timeout-Ms shortens the server's limit and never
   * lengthens it.
   * @throws ERR_BAD_REQUEST when the header is not a positive integer
   */
  get timeLimit(): number {
    const limitMs = this.context.requestTimeoutMs;
    const given = this.req.headers['x-request-timeout-ms'];
    if (given === undefined) return limitMs;
    if (typeof given !== 'string' || !/^0*[1-9]\d*$/.test(given) || given.length > 20) {
      throw torchError('ERR_BAD_REQUEST', 'Expected an integer of at least 1 in the header X-Request-Timeout-Ms');
    }
    return Math.min(Number(given), limitMs);
  }

  /** Aborts when the client goes away before the answer is out. */
  get signal(): AbortSignal {
    return this.call.isOver ? AbortSignal.abort(new ClientGone()) : this.#open.signal;
  }

  /** Answers with the handler of a route, and what it throws in the form of that route. */
  answer({ path, scope, handler, errorForm, isProbe }: Answering, parameters: PathParameters): void {
    this.route = path;
    this.call.isProbe = isProbe === true;
    this.errorForm = errorForm;
    try {
      if (this.context.security.isAsking) this.call.authorize(this.req.headers.authorization, scope);
      this.call.inSpan(() => handler(this, parameters))?.catch((error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  refuse(error: TorchError): string {
    this.#refused = this.call.failed(error).status;
    return this.call.id;
  }

  /** The answer is out, or its connection is gone. */
  end(): void {
    if (this.#open.delete(this)) this.call.end(this.#status());
  }

  json(status: number, value: unknown, headers: OutgoingHttpHeaders = {}): void {
    this.send(status, json, JSON.stringify(value), headers);
  }

  /** Answers with an error, in the form of the route. Sends nothing when the client is gone or an answer is under way. */
  fail(thrown: unknown, headers: OutgoingHttpHeaders = {}): void {
    if (thrown instanceof ClientGone || this.call.isOver) return;
    const error = this.call.failed(thrown);
    if (this.res.headersSent) {
      this.res.destroy();
      return;
    }
    const { status, contentType, body } = errorForms[this.errorForm](error, this.call.id);
    const own: OutgoingHttpHeaders = {};
    // Where the body has no place for it; gRPC has it in a trailer of this name.
    if (this.errorForm !== 'problem') own['x-error-code'] = error.code;
    if (isRetryable(error)) own['retry-after'] = retrySeconds(error);
    if (status === 401) own['www-authenticate'] = challengeOf(this.req);
    if (status === 415) Object.assign(own, { accept: acceptedTypes, 'accept-encoding': acceptedEncodings });
    this.send(status, contentType, JSON.stringify(body), Object.assign(own, headers));
  }

  /** Sends a whole answer. Every answer goes through here, so that all carry the same headers. */
  send(
    status: number,
    contentType: string | undefined,
    body: string | readonly Uint8Array[],
    headers: OutgoingHttpHeaders = {},
  ): void {
    const { req, res, context } = this;
    const uploading = !req.complete && isUploading(req);
    // Not begun with what is spread: V8 gives such an object a class of its own at each request.
    const all: OutgoingHttpHeaders = {
      'cache-control': 'no-store',
      ...answerHeaders(this.call, loadFormat(req.headers['endpoint-load-metrics-format'])),
      ...(req.headers['x-server-timing'] === 'on' && { 'server-timing': this.call.serverTiming() }),
      ...headers,
      'x-request-id': this.call.id,
      'x-content-type-options': 'nosniff',
    };
    if (contentType !== undefined) {
      all['content-type'] = contentType;
      all['content-length'] = lengthOf(body);
    }
    if (uploading || this.#isLast || context.lifecycle.leaving) all['connection'] = 'close';
    res.writeHead(status, all);
    const whole = typeof body === 'string' ? body : wholeOf(body);
    if (uploading) endAfterUpload(req, res, whole ?? Buffer.concat(body as readonly Uint8Array[]));
    else if (whole !== undefined) res.end(whole);
    else {
      // One write of the socket for all of them.
      res.cork();
      for (const part of body as readonly Uint8Array[]) res.write(part);
      res.end();
    }
  }

  /** 499 and 408 are logged and counted, not sent: the client left, or its request did not arrive in time. */
  #status(): number {
    if (this.res.writableFinished) return this.res.statusCode;
    if (this.#refused !== undefined) return this.#refused;
    return !this.req.complete && timedOut(this.req.socket) ? 408 : 499;
  }
}

/** What a caller without a token, or with a wrong one, is to show (RFC 6750 §3). */
function challengeOf({ headers }: IncomingMessage): string {
  return `Bearer realm="node-libtorch"${headers.authorization === undefined ? '' : ', error="invalid_token"'}`;
}

function lengthOf(body: string | readonly Uint8Array[]): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body.reduce((sum, part) => sum + part.byteLength, 0);
}

/** Up to here a copy costs less than a write. */
const smallBody = 16 * 1024;

/** Parts in one, where that is cheap; undefined where it is not. */
function wholeOf(parts: readonly Uint8Array[]): Uint8Array | undefined {
  if (parts.length <= 1) return parts[0] ?? Buffer.alloc(0);
  return lengthOf(parts) <= smallBody ? Buffer.concat(parts) : undefined;
}

/** The caller's own id when it is harmless in a header and in a log; a fresh one otherwise. */
function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
}
