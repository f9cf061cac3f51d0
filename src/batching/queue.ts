import { EventEmitter } from 'node:events';
import { onAbort } from '../async/abort.js';
import { describe, expected, torchError, warnOf } from '../errors.js';
import { isBatchable, type Batchable } from '../model/batchable.js';
import type { Execution, Model } from '../model/model.js';
import { checkRunOptions } from '../model/options.js';
import type { Call } from '../model/call.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Arguments, Value } from '../tensor/value.js';
import type { RunOptions } from '../model/options.js';
import type { Bounds } from '../signature/range.js';
import { Deadlines } from './deadlines.js';
import type { Group } from './group.js';
import {
  lowestPriority,
  requireBatchable,
  resolveBatchOptions,
  type BatchQueueOptions,
  type ResolvedBatchOptions,
} from './options.js';
import type { Request } from './request.js';
import { runInParts } from './parts.js';
import { BatchRunner } from './runner.js';
import { Counters, type BatchEvent, type CloseReason, type QueueStats } from './stats.js';
import { Waiting } from './waiting.js';

export interface QueueRunOptions extends RunOptions {
  /** 1 (most urgent) to 10; 0, the default, stands for the queue's defaultPriority. */
  priority?: number;
  /** The caller gives up the tensors; they are not copied. @internal */
  owned?: boolean;
  /** Least and greatest element of the only tensor, measured by the caller. @internal */
  bounds?: Bounds | undefined;
}

/** Of QueueRunOptions, beside those of every run. */
export const queueOptions = ['priority', 'owned', 'bounds'] as const;

/** Milliseconds of a batch that is worth handing to the engine ahead of its time. */
const longestAheadMs = 5;

/** Puts calls of a model together into batches. Takes and returns exactly what the Model's own methods do. */
export class BatchQueue implements AsyncDisposable {
  readonly model: Model;
  readonly #batchable: Batchable;
  readonly options: ResolvedBatchOptions;
  readonly #waiting = new Waiting();
  readonly #counters = new Counters();
  readonly #events = new EventEmitter<{ batch: [BatchEvent] }>();
  readonly #deadlines = new Deadlines((request) => {
    this.#expire(request);
  });
  readonly #runner: BatchRunner;
  #pumping = false;
  #delay: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;
  #sequence = 0;
  readonly #trusted: boolean;

  /**
   * @throws ERR_INVALID_ARGUMENT, ERR_STATEFUL_MODEL, or ERR_NOT_BATCHABLE for a model that mixes rows or was never
   * checked (warmup) unless `rowIndependent` says otherwise
   */
  constructor(model: Model, options: BatchQueueOptions = {}) {
    if (!isBatchable(model)) throw expected('a Model', 'the model of BatchQueue', model);
    this.options = resolveBatchOptions(options, model.maxRows);
    requireBatchable(model, options.rowIndependent);
    this.model = this.#batchable = model;
    this.#trusted = options.rowIndependent === true;
    this.#runner = new BatchRunner(model, this.options, this.#counters, {
      settle: (request) => {
        this.#deadlines.remove(request);
      },
      ended: (event) => {
        this.#pump();
        this.#tell(event);
      },
    });
  }

  /** As Model.run. Throws as Model.run, and ERR_NOT_BATCHABLE, ERR_QUEUE_FULL (rows or bytes), ERR_DRAINING after close. */
  run<T extends Value = Tensor>(input: Tensor | Arguments, options?: QueueRunOptions): Promise<T> {
    return this.#enter('forward', this.#batchable.argumentsOf(input), options, ({ value }) => value as T);
  }

  /** As Model.call. Throws as `run`. */
  call<T extends Value = Value>(method: string, args: Arguments, options?: QueueRunOptions): Promise<T> {
    return this.#enter(method, args, options, ({ value }) => value as T);
  }

  /** As `call`, with the time in the queue and the run of the batch that carried the call. */
  execute<T extends Value = Value>(method: string, args: Arguments, options?: QueueRunOptions): Promise<Execution<T>> {
    return this.#enter(method, args, options, (execution) => execution as Execution<T>);
  }

  /** Not even one more row would be taken. */
  get isFull(): boolean {
    const { maxQueueSize, maxQueueBytes } = this.options;
    return this.#waiting.rows >= maxQueueSize || this.#waiting.bytes >= maxQueueBytes;
  }

  stats(): QueueStats {
    const { completed, failed, timedOut, aborted, refused, closed, batchSizes, batches, rows, paddedRows, isolated } =
      this.#counters;
    return {
      waitingRequests: this.#waiting.requests,
      waitingRows: this.#waiting.rows,
      waitingBytes: this.#waiting.bytes,
      batchesInFlight: this.#runner.inFlight,
      batches,
      rows,
      paddedRows,
      closed: { ...closed },
      batchSizes: { ...batchSizes },
      requests: { completed, failed, timedOut, aborted, refused },
      isolated,
      fit: this.#runner.fit.value,
      batchCapacity: this.#capacity(),
    };
  }

  on(event: 'batch', listener: (event: BatchEvent) => void): this {
    this.#events.on(event, listener);
    return this;
  }

  off(event: 'batch', listener: (event: BatchEvent) => void): this {
    this.#events.off(event, listener);
    return this;
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

  #admit({ rows, bytes }: Call): void {
    const { maxQueueSize, maxQueueBytes } = this.options;
    if (rows > maxQueueSize) {
      throw torchError(
        'ERR_INVALID_SHAPE',
        `Expected at most ${maxQueueSize} rows (maxQueueSize) but received ${rows}`,
      );
    }
    if (this.#waiting.rows + rows > maxQueueSize || this.#waiting.bytes + bytes > maxQueueBytes) {
      this.#counters.refused++;
      const what = this.#waiting.rows + rows > maxQueueSize ? `${maxQueueSize} rows` : `${maxQueueBytes} bytes`;
      throw torchError('ERR_QUEUE_FULL', `Expected at most ${what} waiting; the queue is full`);
    }
  }

  /** One promise for a call, because at this rate every further one is felt. What is thrown here rejects it. */
  #enter<R>(
    method: string,
    args: Arguments,
    options: QueueRunOptions = {},
    pick: (execution: Execution) => R,
  ): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      checkRunOptions(options, queueOptions);
      const { signal, timeoutMs = Infinity, priority = 0, owned = false, bounds } = options;
      if (!Number.isSafeInteger(priority) || priority < 0 || priority > lowestPriority) {
        throw expected(`an integer from 0 to ${lowestPriority}`, 'priority', priority);
      }
      this.#requireOpen(signal);
      this.#requireChecked(method);
      const call = this.#batchable.prepare(method, args, { owned, bounds });
      this.#requireOpen(signal); // a getter of the arguments is the caller's code, and may have done anything
      this.#admit(call);
      const submitted = performance.now();
      const order = {
        level: priority === 0 ? this.options.defaultPriority : priority,
        submitted,
        deadline: submitted + Math.min(this.options.timeoutMs, timeoutMs),
      };
      const { maxBatchSize } = this.options;
      if (call.rows > maxBatchSize) {
        const parts = runInParts(call, maxBatchSize, signal, (part, abort, done, failed) => {
          this.#submit(part, order, abort, done, failed);
        });
        resolve(parts.then(pick));
      } else {
        const settle = (execution: Execution): void => {
          resolve(pick(execution));
        };
        this.#submit(call, order, signal, settle, reject);
      }
    });
  }

  #requireChecked(method: string): void {
    if (method === 'forward' || this.#trusted) return;
    throw torchError(
      'ERR_NOT_BATCHABLE',
      `Expected forward, whose rows alone were checked, but received ${describe(method)}`,
    );
  }

  #submit(
    call: Call,
    { level, submitted, deadline }: Order,
    signal: AbortSignal | undefined,
    resolve: (execution: Execution) => void,
    reject: (reason: unknown) => void,
  ): void {
    const request: Request = {
      call,
      submitted,
      deadline,
      level,
      rank: submitted + (level - 1) * this.options.agingMs + ++this.#sequence * 1e-9,
      resolve,
      reject,
      settled: false,
      started: false,
    };
    if (signal) this.#follow(request, signal);
    this.#waiting.push(request);
    this.#deadlines.add(request);
    // One look per turn of the event loop: calls made in the same turn share a batch.
    if (this.#runner.inFlight < this.model.info.instances + this.#ahead()) this.#pumpSoon();
  }

  #follow(request: Request, signal: AbortSignal): void {
    const stop = onAbort(signal, () => {
      this.#counters.aborted++;
      this.#giveUp(request, signal.reason);
    });
    const { resolve, reject } = request;
    Object.assign(request, {
      resolve: (execution: Execution) => {
        stop();
        resolve(execution);
      },
      reject: (reason: unknown) => {
        stop();
        reject(reason);
      },
    });
  }

  #expire(request: Request): void {
    this.#counters.timedOut++;
    const limit = Math.round(request.deadline - request.submitted);
    this.#giveUp(request, torchError('ERR_TIMEOUT', `Expected an answer within ${limit} ms`));
  }

  /** Settles a request from outside its batch. A waiting one frees its place; a running one is computed for nobody. */
  #giveUp(request: Request, reason: unknown): void {
    if (request.settled) return;
    request.settled = true;
    if (!request.started) this.#waiting.forget(request);
    this.#deadlines.remove(request);
    request.reject(reason);
    // Not at once: this may be in the middle of #pump, whose batch has left the queue and is not in flight yet.
    if (this.#closing) this.#pumpSoon();
  }

  #tell(event: BatchEvent): void {
    try {
      this.#events.emit('batch', event);
    } catch (error) {
      warnOf(error); // a broken listener is no reason to stop
    }
  }

  #capacity(): number {
    const { targetP95Ms, maxBatchSize } = this.options;
    return this.#runner.fit.capacity(targetP95Ms, maxBatchSize);
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
    const runMs = this.#runner.fit.predict(this.#capacity());
    return runMs > 0 && runMs <= longestAheadMs ? Math.min(instances, maxPending) : 0;
  }

  /** Starts batches while an instance is idle and requests wait, and those ahead that cannot grow any more. */
  #pump(): void {
    clearTimeout(this.#delay);
    this.#delay = undefined;
    const held = new Set<Group>();
    let wait = Infinity;
    let capacity = 0;
    let verdict: CloseReason | undefined;
    const isReady = (group: Group): boolean => {
      if (held.has(group)) return false;
      const found = this.#hold(group, capacity);
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
      capacity = this.#capacity();
      const group = this.#waiting.next(isReady);
      if (!group) break;
      // The first in line is not passed by what is full: it would never find an idle instance.
      if (this.#runner.inFlight >= instances && group.rows < capacity) break;
      const { requests, reason } = this.#waiting.take(group, capacity);
      const live = this.#unexpired(requests);
      if (live.length > 0) this.#runner.start(live, verdict ?? reason);
    }
    if (wait < Infinity) {
      this.#delay = setTimeout(() => {
        this.#pump();
      }, wait);
    }
    if (this.#waiting.requests === 0 && this.#runner.inFlight === 0) this.#idle?.();
  }

  /** The timer may come late, after a stall of the event loop; what has expired must not run all the same. */
  #unexpired(requests: readonly Request[]): Request[] {
    const now = performance.now();
    return requests.filter((request) => {
      if (request.deadline > now) return true;
      this.#expire(request);
      return false;
    });
  }

  /** Milliseconds to hold a batch back, or why it is not (any longer); undefined when delays do not come into it. */
  #hold(group: Group, capacity: number): number | CloseReason | undefined {
    const { maxDelayMs } = this.options;
    if (maxDelayMs === 0 || this.#runner.inFlight === 0 || group.rows >= capacity || this.#closing) return undefined;
    const now = performance.now();
    const runMs = this.#runner.fit.predict(group.rows);
    let delayed = Infinity;
    let latest = Infinity;
    for (const { submitted, deadline } of group.live()) {
      delayed = Math.min(delayed, submitted + maxDelayMs);
      // Half its time at most goes into waiting for company: the fit may know nothing yet.
      latest = Math.min(latest, (submitted + deadline) / 2, deadline - runMs);
    }
    if (now >= delayed) return 'delay';
    if (now >= latest) return 'deadline';
    return Math.max(1, Math.ceil(Math.min(delayed, latest) - now));
  }
}

interface Order {
  readonly level: number;
  readonly submitted: number;
  readonly deadline: number;
}
