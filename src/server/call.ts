import { performance } from 'node:perf_hooks';
import type { Attributes, Context } from '@opentelemetry/api';
import { errorTable, torchError, type ErrorCode, type TorchError } from '../errors.js';
import type { Logger } from '../monitoring/logging.js';
import type { ServerContext } from './context.js';
import { networkOf } from './security/network.js';
import type { Scope } from './security/scope.js';
import { asTorchError } from './public-error.js';
import type { ServedModel, SplitOptions } from '../serving/index.js';
import { traceOf, type Trace } from './trace.js';
import type { SpanDescription, SpanEnd } from './tracing/description.js';
import { RequestSpan } from './tracing/request-span.js';

/** Label of the request metric: the pattern of a route, never a concrete path. */
export type RouteLabel = `/${string}` | 'unmatched';

/** What the log line of a request says about its prediction. */
export interface PredictionNote {
  model?: string;
  version?: string;
  rows?: number;
  shape?: readonly number[];
  inferenceMs?: number;
  queueMs?: number;
}

interface RunLimits {
  readonly signal: AbortSignal;
  readonly client: string;
  readonly requestId: string;
  readonly timeoutMs?: number;
  readonly span?: RequestSpan;
}

interface Timings {
  readonly runMs: number;
  readonly queueMs: number;
}

/** Who calls. */
interface CallerOfCall {
  /** Aborts when the caller has gone. It is read at the first use, because a signal is expensive to make. */
  readonly signal: AbortSignal;
  /** Address of the connection's other end. */
  readonly address?: string | undefined;
  /** The headers, or metadata, of these names. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  /** What the caller has sent under the name of a header, in lower case. */
  header?(name: string): string | undefined;
}

/** What a protocol says of a call to its span. */
interface CallProtocol {
  /** When the span begins. @param client address to tell of */
  describe(route: RouteLabel, client: string | undefined): SpanDescription;
  /** At the end. @param status of the protocol */
  endOf(status: number, code: ErrorCode | undefined): SpanEnd;
}

/** Where a call comes from. */
export interface CallOrigin {
  readonly id: string;
  /** Label of the request metric: one of a fixed set. */
  readonly method: string;
  /** Address of the connection's other end; left out where it is not to be logged. */
  readonly loggedAddress?: string | undefined;
  readonly caller: CallerOfCall;
  /** A call without one has no span. */
  readonly protocol?: CallProtocol;
  /** The context of traces that the call came in, where it may be handled in another. */
  readonly ambient?: Context | undefined;
}

/**
 * The life of one request of any protocol: its id, clock and deadline, what it was about and how it ended. The end is
 * logged and counted once.
 */
export class ServerCall {
  readonly started = performance.now();
  readonly note: PredictionNote = {};
  /** Whom the caller's token stands for, once it was asked for. */
  tokenId: string | undefined;
  #network: string | undefined;
  #drawn: number | undefined;
  #split: SplitOptions | undefined;
  route: RouteLabel = 'unmatched';
  readonly #origin: CallOrigin;
  #served: ServedModel | undefined;
  /** It asks how the server is: so often, and of so little interest, that it has no span. */
  isProbe = false;
  /** Null until somebody asks. */
  #trace: Trace | undefined | null = null;
  #span: RequestSpan | undefined | null = null;
  #deadline = Infinity;
  #error: TorchError | undefined;
  #isOver = false;

  constructor(
    readonly context: ServerContext,
    origin: CallOrigin,
  ) {
    this.#origin = origin;
    context.lifecycle.enter();
  }

  get id(): string {
    return this.#origin.id;
  }

  /** Aborts when the caller has gone. */
  get signal(): AbortSignal {
    return this.#origin.caller.signal;
  }

  /** Whom limits and shares count the call for: its token's id, else the network that it comes from. */
  get client(): string {
    return this.tokenId ?? (this.#network ??= networkOf(this.#origin.caller.address ?? 'unknown'));
  }

  /** The model that the call is about, once that is known. */
  get served(): ServedModel | undefined {
    return this.#served;
  }

  /** The call is about this model: its log line and its answer say so. */
  about(served: ServedModel): void {
    this.#served = served;
    this.note.model = served.name;
    this.note.version = served.version;
  }

  /** What `host.model` is told of where the call falls. */
  get split(): SplitOptions {
    return (this.#split ??= { draw: (sticky) => this.draw(sticky) });
  }

  /**
   * Where the call falls when requests are split between versions: by the header that is asked for, else at random, and the same
   * each time, so that it is run on the side that has admitted it.
   */
  draw(sticky: string | undefined): number | string {
    const key = sticky === undefined ? undefined : this.#origin.caller.header?.(sticky);
    return key ?? (this.#drawn ??= Math.random());
  }

  /** Where it stands in its trace, if it has one; what it calls in turn is given `trace.traceparent`. */
  get trace(): Trace | undefined {
    if (this.#trace === null) {
      const { traceparent, tracestate } = this.#origin.caller;
      const own = this.span?.trace;
      this.#trace = own ?? (traceparent === undefined ? undefined : traceOf(traceparent, tracestate));
    }
    return this.#trace;
  }

  /** Its span, which begins when somebody asks first: the route is known by then. Undefined where nobody traces. */
  get span(): RequestSpan | undefined {
    if (this.#span === null) this.#span = this.#begin();
    return this.#span;
  }

  #begin(): RequestSpan | undefined {
    const { protocol, loggedAddress, ambient } = this.#origin;
    if (!protocol || this.isProbe) return undefined;
    const { tools } = this.context.tracing;
    if (!tools) return undefined;
    const description = protocol.describe(this.route, loggedAddress);
    return RequestSpan.begin(tools, description, this.started, ambient);
  }

  /** Calls with the span, if there is one, as the active one: what it calls in turn is a part of it. */
  inSpan<T>(action: () => T): T {
    const { span } = this;
    return span ? span.run(action) : action();
  }

  /** Lets the caller in. @throws ERR_UNAUTHENTICATED, ERR_FORBIDDEN, ERR_RATE_LIMIT */
  authorize(authorization: string | undefined, scope: Scope): void {
    const { address } = this.#origin.caller;
    this.tokenId = this.context.security.authorize({ authorization, address }, scope);
  }

  /** The code that the call failed with. */
  get code(): ErrorCode | undefined {
    return this.#error?.code;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends the call's time so many milliseconds after its start. */
  limitTo(limitMs: number): void {
    this.#deadline = this.started + limitMs;
  }

  /** Milliseconds from the call's start to its deadline; Infinity without one. */
  get limitMs(): number {
    return this.#deadline - this.started;
  }

  /**
   * Milliseconds until the deadline; Infinity without one.
   * @throws ERR_TIMEOUT when the deadline has passed
   */
  timeLeft(): number {
    const left = this.#deadline - performance.now();
    if (left <= 0) throw torchError('ERR_TIMEOUT', 'The deadline passed before the run began');
    return left;
  }

  /**
   * What a run of a model is told of its call. Every protocol gives this, so that none is without a share, a deadline or an end.
   * @throws ERR_TIMEOUT when the deadline has passed
   */
  limits(): RunLimits {
    const timeoutMs = this.timeLeft();
    const { signal, client, id: requestId, span } = this;
    return { signal, client, requestId, ...(timeoutMs < Infinity && { timeoutMs }), ...(span && { span }) };
  }

  /** What a run took, for the log. */
  noteTimes({ runMs, queueMs }: Timings): void {
    this.note.inferenceMs = toMicroseconds(runMs);
    this.note.queueMs = toMicroseconds(queueMs);
  }

  /** What the call has taken so far, as the header Server-Timing says it (milliseconds). */
  serverTiming(): string {
    const { queueMs, inferenceMs } = this.note;
    const parts = { queue: queueMs, inference: inferenceMs, total: toMicroseconds(performance.now() - this.started) };
    const known = Object.entries(parts).filter(([, ms]) => ms !== undefined);
    return known.map(([name, ms]) => `${name};dur=${ms}`).join(', ');
  }

  /** Takes what was thrown as the outcome, for the log and the metrics. Returns it as one of our errors. */
  failed(thrown: unknown): TorchError {
    return (this.#error = asTorchError(thrown));
  }

  /**
   * The answer is out, or its caller has gone. Only the first call counts.
   * @param status of the answer, as HTTP numbers them; 499 when the caller left before the answer was out
   * @param ownStatus as its protocol numbers them
   */
  end(status: number, ownStatus = status): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const durationMs = performance.now() - this.started;
    const { metrics, lifecycle } = this.context;
    lifecycle.leave();
    metrics.request(this.route, this.#origin.method, status, durationMs / 1000);
    if (this.code) metrics.rejected(this.code);
    this.#log(status, durationMs);
    const { span } = this;
    if (span) this.#endSpan(span, ownStatus, this.started + durationMs);
  }

  #endSpan(span: RequestSpan, status: number, ended: number): void {
    const { protocol } = this.#origin as { readonly protocol: CallProtocol };
    const { model, version, rows, queueMs, inferenceMs } = this.note;
    const own: Attributes = {
      'node_libtorch.request.id': this.id,
      ...(model !== undefined && { 'node_libtorch.model.name': model }),
      ...(version !== undefined && { 'node_libtorch.model.version': version }),
      ...(rows !== undefined && { 'node_libtorch.rows': rows }),
      ...(queueMs !== undefined && { 'node_libtorch.queue_ms': queueMs }),
      ...(inferenceMs !== undefined && { 'node_libtorch.run_ms': inferenceMs }),
      ...(this.code && { 'node_libtorch.error.code': this.code }),
    };
    span.end(protocol.endOf(status, this.code), ended, own);
  }

  /** One line: how long the call took and how it ended, never what it held. */
  #log(status: number, durationMs: number): void {
    const { logger } = this.context;
    const isOurFault = status >= 500 && this.#error !== undefined && !isExpected(this.#error);
    const level = isOurFault ? 'error' : 'info';
    // Most of the cost of a line is to put it together.
    if (!writes(logger, level)) return;
    const { id: requestId, method, loggedAddress } = this.#origin;
    const { trace } = this;
    const line = {
      requestId,
      method,
      route: this.route,
      status,
      durationMs: toMicroseconds(durationMs),
      ...(loggedAddress !== undefined && { client: loggedAddress }),
      ...(this.tokenId !== undefined && { tokenId: this.tokenId }),
      // The names that collectors of logs look for.
      ...(trace && { trace_id: trace.traceId, span_id: trace.spanId }),
      ...(trace?.parentId !== undefined && { parent_id: trace.parentId }),
      ...this.note,
      ...(this.code && { code: this.code }),
      ...(status === 499 && { aborted: true }),
      // The message about a client's fault may quote what the client sent; the code says enough.
      ...(isOurFault && { err: this.#error }),
    };
    logger[level](line, 'request');
  }
}

/** Whether lines of a level go anywhere. A logger of another kind than pino's decides by itself. */
function writes(logger: Partial<Pick<Logger, 'isLevelEnabled'>>, level: string): boolean {
  return logger.isLevelEnabled?.(level) ?? true;
}

/** Milliseconds, as fine as any reader of a log needs them. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

const expected: ReadonlySet<ErrorCode> = new Set(['ERR_NOT_READY', 'ERR_DRAINING', 'ERR_TIMEOUT']);

/**
 * Nothing is wrong here: a server that starts or ends says so, a client may give a request less time than it needs, and it may
 * ask for what HTTP has and we have not.
 */
function isExpected({ code }: TorchError): boolean {
  return expected.has(code) || errorTable[code].family === 'http';
}
