import { EventEmitter } from 'node:events';
import type { Clock } from '../async/clock.js';
import { Desk, type GivenUp } from '../async/ticket.js';
import { describe, expected, torchError, warnOf } from '../errors.js';
import { isBatchable, type Batchable } from '../model/batchable.js';
import type { Execution, Model } from '../model/model.js';
import { releaseCall, type Call } from '../model/call.js';
import { Calm } from '../model/inline-runs.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Arguments, RunInput, Value } from '../tensor/value.js';
import { Admission } from './admission.js';
import type { BatchTrace } from './call-span.js';
import { Counters } from './counters.js';
import {
  mostRowsOf,
  notIndependent,
  requireBatchable,
  resolveBatchOptions,
  type BatchQueueOptions,
  type ResolvedBatchOptions,
} from './options.js';
import { runInParts } from './parts.js';
import { RowChecker, type RowCheckEvent } from './row-check.js';
import { Pump } from './pump.js';
import { checkQueueRunOptions, type QueueRunOptions } from './run-options.js';
import { BatchRunner } from './runner.js';
import type { BatchEvent, QueueStats } from './stats.js';
import { Request, Waiting, type Order } from './waiting.js';

/** What a queue tells of. */
export interface QueueEvents {
  /** A batch has ended. */
  batch: [event: BatchEvent];
  /** A row of a batch was run again by itself. */
  rows: [event: RowCheckEvent];
  /** A batch has ended one of whose calls has a span; before `batch`. @internal */
  traced: [event: BatchEvent, trace: BatchTrace];
}

const noOptions: QueueRunOptions = {};

/**
 * Puts concurrent calls of a model together into batches. Its methods take and return exactly what the model's own do.
 * Dimension 0 of every tensor argument is the batch.
 *
 * @example
 * await model.warmup({ batchSizes: [1, 32] }); // also checks that rows are independent
 * await using queue = new BatchQueue(model, { maxBatchSize: 32, timeoutMs: 250 });
 * const logits = await queue.run(row, { priority: 1 });
 */
export class BatchQueue implements AsyncDisposable {
  readonly model: Model;
  readonly #batchable: Batchable;
  readonly options: ResolvedBatchOptions;
  readonly #waiting = new Waiting((call) => this.#isUnchecked(call));
  readonly #counters = new Counters();
  readonly #events = new EventEmitter<QueueEvents>();
  readonly #checker: RowChecker;
  readonly #desk: Desk<Request>;
  readonly #runner: BatchRunner;
  readonly #admission: Admission;
  readonly #calm = new Calm();
  readonly #pump: Pump;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;
  #sequence = 0;
  /** Calls that run in parts. One whose parts have ended may still run again as a whole. */
  #pieced = 0;
  readonly #trusted: boolean;
  #stopped: string | undefined;

  /**
   * @throws ERR_DISPOSED, ERR_INVALID_ARGUMENT, ERR_STATEFUL_MODEL, or ERR_NOT_BATCHABLE for a model that mixes rows or was never
   * checked (warmup) unless `rowIndependent` says otherwise
   */
  constructor(model: Model, options?: BatchQueueOptions);
  /** @internal */
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- clock and chance are for tests, and no part of the public types
  constructor(model: Model, options: BatchQueueOptions, clock: Clock, random?: () => number);
  constructor(model: Model, options: BatchQueueOptions = {}, clock?: Clock, random: () => number = Math.random) {
    if (!isBatchable(model)) throw expected('a Model', 'the model of BatchQueue', model);
    if (model.disposed) throw torchError('ERR_DISPOSED', 'The model was disposed');
    this.options = resolveBatchOptions(options, mostRowsOf(model, options));
    requireBatchable(model, options.rowIndependent);
    this.model = this.#batchable = model;
    this.#trusted = options.rowIndependent === true;
    this.#desk = new Desk<Request>({ clock, drop: (request, why) => this.#drop(request, why) });
    this.#checker = new RowChecker(model, this.options.checkRows, this.#desk.clock, random);
    this.#runner = new BatchRunner(model, this.options, this.#counters, this.#desk.clock, this.#checker, {
      ended: (event, trace) => {
        this.#pump.run();
        if (trace) this.#tell('traced', event, trace);
        this.#tell('batch', event);
      },
      wouldStop: () => !this.#trusted && !model.info.random && !model.warmupReport?.random,
      stopBatching: (event) => {
        this.#stopBatching(event);
      },
      checked: (event) => {
        this.#tell('rows', event);
      },
      mayCheck: () => !this.#closing,
    });
    this.#admission = new Admission(this.#waiting, this.options, this.#runner);
    this.#pump = new Pump(model, this.options, this.#waiting, this.#runner, this.#desk.clock, this.#calm, {
      isClosing: () => this.#closing !== undefined,
      idle: () => {
        if (this.#pieced === 0) this.#idle?.();
      },
    });
  }

  /**
   * As Model.run. Throws as Model.run, and ERR_NOT_BATCHABLE; ERR_QUEUE_FULL (rows or bytes); ERR_INVALID_SHAPE or
   * ERR_PAYLOAD_TOO_LARGE for more rows or bytes than ever fit; ERR_DRAINING after close.
   */
  run<T extends Value = Tensor>(input: RunInput, options?: QueueRunOptions): Promise<T> {
    return this.#enter('forward', this.#batchable.argumentsOf(input), options, valueOf as (execution: Execution) => T);
  }

  /** As Model.call. Throws as `run`. */
  call<T extends Value = Value>(method: string, args: Arguments, options?: QueueRunOptions): Promise<T> {
    return this.#enter(method, args, options, valueOf as (execution: Execution) => T);
  }

  /** As `call`, with the time in the queue and the run of the batch that carried the call. */
  execute<T extends Value = Value>(method: string, args: Arguments, options?: QueueRunOptions): Promise<Execution<T>> {
    return this.#enter(method, args, options, itself as (execution: Execution) => Execution<T>);
  }

  /** Not even one more row would be taken. */
  get isFull(): boolean {
    return this.#admission.isFullFor();
  }

  /** Not even one more row of this client, which may have less than its share; of nobody in particular without one. @internal */
  isFullFor(client: string | undefined): boolean {
    return this.#admission.isFullFor(client);
  }

  /**
   * Not even one more row would be answered in so many milliseconds, as far as the measured run times tell.
   * @param priority as of a call; of one whose priority is not known yet, the most urgent
   * @internal
   */
  isLateFor(timeoutMs: number, priority = 0): boolean {
    return this.#admission.isLateFor(timeoutMs, this.#levelOf(priority), this.#desk.clock.now());
  }

  stats(): QueueStats {
    return {
      waitingRequests: this.#waiting.requests,
      waitingRows: this.#waiting.rows,
      waitingBytes: this.#waiting.bytes,
      batchesInFlight: this.#runner.inFlight,
      rowChecks: this.#checker.counts,
      stopped: this.#stopped,
      fit: this.#runner.fit.value,
      batchCapacity: this.#runner.capacity,
      ...this.#counters.snapshot(),
    };
  }

  on<K extends keyof QueueEvents>(event: K, listener: (...args: QueueEvents[K]) => void): this {
    this.#events.on(event, listener as never);
    return this;
  }

  off<K extends keyof QueueEvents>(event: K, listener: (...args: QueueEvents[K]) => void): this {
    this.#events.off(event, listener as never);
    return this;
  }

  /** Why calls share no runs any more: a row came out otherwise by itself. Undefined while they do. */
  get stopped(): string | undefined {
    return this.#stopped;
  }

  /** Takes no more calls and waits for those it has. The model stays. Idempotent. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = new Promise((resolve) => {
        this.#idle = resolve;
      });
      this.#pump.run(); // nothing is held back any more
    }
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #requireOpen(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.#closing) throw torchError('ERR_DRAINING', 'Expected an open queue but it was closed');
  }

  #requirePlace(call: Call, order: Order): void {
    this.#admission.requireSize(call);
    try {
      this.#admission.requireTime(call, order);
      // The last: nobody gives way to what is refused.
      this.#admission.makeRoom(call, order.client);
    } catch (error) {
      this.#counters.refused++;
      throw error;
    }
  }

  /** One promise for a call, because at this rate every further one is felt. What is thrown here rejects it. */
  #enter<R>(
    method: string,
    args: Arguments,
    options: QueueRunOptions | undefined,
    pick: (execution: Execution) => R,
  ): Promise<R> {
    /** What nobody else has yet. */
    let own: Call | undefined;
    try {
      if (this.model.disposed) throw torchError('ERR_DISPOSED', 'The model was disposed');
      if (options !== undefined) checkQueueRunOptions(options);
      const { signal, timeoutMs = Infinity, priority = 0, owned = false, bounds, client, span } = options ?? noOptions;
      this.#requireOpen(signal);
      this.#requireChecked(method);
      const call = (own = this.#batchable.prepare(method, args, { owned, bounds }));
      this.#requireOpen(signal); // a getter of the arguments is the caller's code, and may have done anything
      const order: Order = {
        since: this.#desk.clock.now(),
        timeoutMs: Math.min(this.options.timeoutMs, timeoutMs),
        signal,
        level: this.#levelOf(priority),
        client,
        span,
      };
      this.#requirePlace(call, order);
      const most = this.#mostRows(call);
      const here = call.rows <= most ? this.#here(call, order) : undefined;
      if (here) {
        releaseCall(call);
        return Promise.resolve(pick(here));
      }
      own = undefined;
      if (call.rows <= most) return this.#submit(call, order, pick).promise as Promise<R>;
      this.#pieced++;
      call.chunk = undefined; // the check of a part may read it when the whole has its answer
      const parts = runInParts(call, most, (part) => this.#submit(part, order, itself, true));
      const answer = parts.then((execution) => {
        const whole = this.#mostRows(call);
        // Rows were found to depend on each other meanwhile, and the parts of a call are no batch of the caller's.
        const isAgain = whole > most && call.rows <= whole;
        return isAgain ? (this.#submit(call, order, pick).promise as Promise<R>) : pick(execution);
      });
      return answer.finally(() => {
        this.#pieced--;
        if (this.#closing) this.#pump.runSoon();
      });
    } catch (error) {
      if (own) releaseCall(own);
      return Promise.reject(error);
    }
  }

  /** Runs a call at once on this thread, where nobody else runs or waits and the model knows it to be quick. */
  #here(call: Call, order: Order): Execution | undefined {
    const isAlone = this.#runner.inFlight === 0 && this.#waiting.requests === 0;
    this.#calm.came(isAlone);
    return isAlone && this.#calm.isThere ? this.#runner.runHere(call, order) : undefined;
  }

  /** Rows of one run of a call at most. */
  #mostRows(call: Call): number {
    const { maxBatchSize } = this.options;
    const isWhole = this.#stopped !== undefined || (call.rows > maxBatchSize && this.#isUnchecked(call));
    return isWhole ? (this.model.maxRows ?? Infinity) : maxBatchSize;
  }

  /** Warm-up saw no call like this one: another argument is given or left out, or one that is no tensor has another value. */
  #isUnchecked(call: Call): boolean {
    return !this.#trusted && this.#batchable.wasChecked?.(call) === false;
  }

  #requireChecked(method: string): void {
    if (method === 'forward' || this.#trusted) return;
    throw torchError(
      'ERR_NOT_BATCHABLE',
      `Expected forward, whose rows alone were checked, but received ${describe(method)}`,
    );
  }

  #submit(call: Call, order: Order, pick: (execution: Execution) => unknown, isPart = false): Request {
    const rank = order.since + (order.level - 1) * this.options.agingMs + ++this.#sequence * 1e-9;
    const request = new Request(this.#desk, call, order, rank, pick, isPart);
    this.#waiting.push(request);
    this.#pump.came(isPart);
    return request;
  }

  /** A request was given up. A waiting one frees its place; a running one is computed for nobody. */
  #drop(request: Request, why: GivenUp): boolean {
    if (why === 'expired') this.#counters.timedOut++;
    else if (request.isPushedOut) this.#counters.refused++;
    else this.#counters.aborted++;
    if (!request.started) {
      this.#waiting.forget(request);
      releaseCall(request.call);
    }
    // Not at once: this may be in the middle of #pump, whose batch has left the queue and is not in flight yet.
    if (this.#closing) this.#pump.runSoon();
    return !request.started;
  }

  /** A row came out otherwise by itself. From now on every call runs by itself. */
  #stopBatching({ rows, share }: Pick<RowCheckEvent, 'rows' | 'share'>): void {
    const by = share < Infinity ? `, by ${Number((share * 100).toPrecision(2))} % of its size` : '';
    this.#stopped ??= notIndependent(`a row of a batch of ${rows} came out otherwise by itself${by}`).message;
  }

  #tell<K extends keyof QueueEvents>(name: K, ...event: QueueEvents[K]): void {
    try {
      this.#events.emit(name, ...(event as never));
    } catch (error) {
      warnOf(error); // a broken listener is no reason to stop
    }
  }

  #levelOf(priority: number): number {
    return priority === 0 ? this.options.defaultPriority : priority;
  }
}

function valueOf({ value }: Execution): unknown {
  return value;
}

function itself(execution: Execution): Execution {
  return execution;
}
