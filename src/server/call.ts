import { performance } from 'node:perf_hooks';
import { errorTable, torchError, type ErrorCode, type TorchError } from '../errors.js';
import type { ServerContext } from './context.js';
import { networkOf } from './security/network.js';
import type { Scope } from './security/scope.js';
import { asTorchError } from './public-error.js';
import type { ServedModel } from '../serving/index.js';
import { traceOf, type Trace } from './trace.js';

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
  readonly timeoutMs?: number;
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
}

/** Where a call comes from. */
export interface CallOrigin {
  readonly id: string;
  /** Label of the request metric: one of a fixed set. */
  readonly method: string;
  /** Address of the connection's other end; left out where it is not to be logged. */
  readonly loggedAddress?: string | undefined;
  readonly caller: CallerOfCall;
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
  route: RouteLabel = 'unmatched';
  readonly #origin: CallOrigin;
  #served: ServedModel | undefined;
  /** Null until somebody asks. */
  #trace: Trace | undefined | null = null;
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

  /** The trace that its caller began; what it calls in turn is given `trace.traceparent`. */
  get trace(): Trace | undefined {
    if (this.#trace === null) {
      const { traceparent, tracestate } = this.#origin.caller;
      this.#trace = traceparent === undefined ? undefined : traceOf(traceparent, tracestate);
    }
    return this.#trace;
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
    return { signal: this.signal, client: this.client, ...(timeoutMs < Infinity && { timeoutMs }) };
  }

  /** What a run took, for the log. */
  noteTimes({ runMs, queueMs }: Timings): void {
    this.note.inferenceMs = toMicroseconds(runMs);
    this.note.queueMs = toMicroseconds(queueMs);
  }

  /** Takes what was thrown as the outcome, for the log and the metrics. Returns it as one of our errors. */
  failed(thrown: unknown): TorchError {
    return (this.#error = asTorchError(thrown));
  }

  /**
   * The answer is out, or its caller has gone. Only the first call counts.
   * @param status of the answer, as HTTP numbers them; 499 when the caller left before the answer was out
   */
  end(status: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const durationMs = performance.now() - this.started;
    const { metrics, lifecycle } = this.context;
    lifecycle.leave();
    metrics.request(this.route, this.#origin.method, status, durationMs / 1000);
    if (this.code) metrics.rejected(this.code);
    this.#log(status, durationMs);
  }

  /** One line: how long the call took and how it ended, never what it held. */
  #log(status: number, durationMs: number): void {
    const { logger } = this.context;
    const { id: requestId, method, loggedAddress } = this.#origin;
    const { trace } = this;
    const isOurFault = status >= 500 && this.#error !== undefined && !isExpected(this.#error);
    const line = {
      requestId,
      method,
      route: this.route,
      status,
      durationMs: toMicroseconds(durationMs),
      ...(loggedAddress !== undefined && { client: loggedAddress }),
      ...(this.tokenId !== undefined && { tokenId: this.tokenId }),
      // The names that collectors of logs look for.
      ...(trace && { trace_id: trace.traceId, span_id: trace.spanId, parent_id: trace.parentId }),
      ...this.note,
      ...(this.code && { code: this.code }),
      ...(status === 499 && { aborted: true }),
      // The message about a client's fault may quote what the client sent; the code says enough.
      ...(isOurFault && { err: this.#error }),
    };
    if (isOurFault) logger.error(line, 'request');
    else logger.info(line, 'request');
  }
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
