import { EventEmitter } from 'node:events';
import type { Clock } from '../async/clock.js';
import { Desk, type GivenUp } from '../async/ticket.js';
import { describe, expected, torchError, warnOf } from '../errors.js';
import { isBatchable, type Batchable } from '../model/batchable.js';
import type { ComputeShare } from '../model/compute-budget.js';
import type { Execution, Model } from '../model/model.js';
import { releaseCall, type Call } from '../model/call.js';
import { Calm } from '../model/inline-runs.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Arguments, RunInput, Value } from '../tensor/value.js';
import { Admission } from './admission.js';
import type { BatchTrace } from './call-span.js';
import { Counters } from './counters.js';
import { holdBack } from './delay.js';
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
import { checkQueueRunOptions, type QueueRunOptions } from './run-options.js';
import { BatchRunner } from './runner.js';
import type { BatchEvent, CloseReason, QueueStats } from './stats.js';
import { Request, Waiting, type Group, type Order } from './waiting.js';

/** Milliseconds of a batch that is worth handing to the engine ahead of its time. */
const longestAheadMs = 5;

/** What a queue tells of. */
export interface QueueEvents {
  /** A batch has ended. What comes behind the event is for the server's spans. */
  batch: [event: BatchEvent, trace?: BatchTrace];
  /** A row of a batch was run again by itself. */
  rows: [event: RowCheckEvent];
}

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
  #pumping = false;
  #stopDelay: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;
  #sequence = 0;
  /** Calls that run in parts. One whose parts have ended may still run again as a whole. */
  #pieced = 0;
  readonly #trusted: boolean;
  readonly #share: ComputeShare | undefined;
  readonly #turn = {
    begin: (): void => {
      this.#pump();
    },
  };
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
    this.#share = model.share;
    this.#desk = new Desk<Request>({ clock, drop: (request, why) => this.#drop(request, why) });
    this.#checker = new RowChecker(model, this.options.checkRows, this.#desk.clock, random);
    this.#runner = new BatchRunner(model, this.options, this.#counters, this.#desk.clock, this.#checker, {
      ended: (event, trace) => {
        this.#pump();
        this.#tell('batch', event, trace);
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
  }

  /** As Model.run. Throws as Model.run, and ERR_NOT_BATCHABLE, ERR_QUEUE_FULL (rows or bytes), ERR_DRAINING after close. */
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
      this.#pump(); // nothing is held back any more
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
    options: QueueRunOptions = {},
    pick: (execution: Execution) => R,
  ): Promise<R> {
    /** What nobody else has yet. */
    let own: Call | undefined;
    try {
      if (this.model.disposed) throw torchError('ERR_DISPOSED', 'The model was disposed');
      checkQueueRunOptions(options);
      const { signal, timeoutMs = Infinity, priority = 0, owned = false, bounds, client, span } = options;
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
        if (this.#closing) this.#pumpSoon();
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
    // One look per turn of the event loop: calls made in the same turn share a batch. Nobody waits for company that never comes.
    if (this.#calm.isThere && !this.#pumping && !isPart) this.#pump();
    else if (this.#runner.inFlight < this.model.info.instances + this.#ahead()) this.#pumpSoon();
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
    if (this.#closing) this.#pumpSoon();
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

  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  /**
   * How many batches the engine may hold beyond those that run, so that an instance that ends one begins the next without
   * a turn of the event loop. None for batches so long that a turn is nothing beside them: what is held can be overtaken
   * by nobody, and is computed even if it expires.
   */
  #ahead(): number {
    const { instances, maxPending } = this.model.info;
    if (this.#share?.isOpen === false) return 0; // others wait for the slots of what would be held
    const runMs = this.#runner.fit.predict(this.#runner.capacity);
    return runMs > 0 && runMs <= longestAheadMs ? Math.min(instances, maxPending) : 0;
  }

  /** Starts batches while an instance is idle and requests wait, and those ahead that cannot grow any more. */
  #pump(): void {
    this.#stopDelay?.();
    this.#stopDelay = undefined;
    const held = new Set<Group>();
    let wait = Infinity;
    let capacity = 0;
    let verdict: CloseReason | undefined;
    const capacityFor = ({ isAlone }: Group): number => (isAlone ? 1 : capacity);
    const isReady = (group: Group): boolean => {
      if (held.has(group)) return false;
      const found = this.#hold(group, capacityFor(group));
      if (typeof found !== 'number') {
        verdict = found; // the group that was found ready last is the one that is taken
        return true;
      }
      held.add(group); // another group may have what it takes
      wait = Math.min(wait, found);
      return false;
    };
    const { instances } = this.model.info;
    const most = instances + this.#ahead();
    while (this.#runner.inFlight < most) {
      capacity = this.#runner.capacity;
      const group = this.#waiting.next(isReady);
      if (!group) break;
      // The first in line is not passed by what is full: it would never find an idle instance.
      if (this.#runner.inFlight >= instances && group.rows < capacityFor(group)) break;
      // The compute budget lets it through in its turn, and the batch is formed then.
      if (this.#share?.admits() === false) {
        this.#share.wait(this.#turn);
        break;
      }
      const { requests, reason } = this.#waiting.take(group, capacityFor(group));
      const live = this.#unexpired(requests);
      if (live.length > 0) this.#runner.start(live, verdict ?? reason, this.#calm.isThere);
    }
    if (wait < Infinity) {
      this.#stopDelay = this.#desk.clock.after(wait, () => {
        this.#pump();
      });
    }
    if (this.#waiting.requests + this.#pieced + this.#runner.inFlight === 0) this.#idle?.();
  }

  /** Nothing is held back any more once the queue closes. */
  #hold(group: Group, capacity: number): number | CloseReason | undefined {
    if (this.#closing) return undefined;
    return holdBack(group, capacity, this.options, this.#runner, this.#desk.clock);
  }

  /** The timer may come late, after a stall of the event loop; what has expired must not run all the same. */
  #unexpired(requests: readonly Request[]): Request[] {
    const now = this.#desk.clock.now();
    return requests.filter((request) => {
      if (request.deadline > now) return true;
      request.expire();
      releaseCall(request.call);
      return false;
    });
  }
}

function valueOf({ value }: Execution): unknown {
  return value;
}

function itself(execution: Execution): Execution {
  return execution;
}
