/**
 * An engine for unit tests of the queue's policy: y = 2x row by row, with run times, failures and instances that the
 * test steers. It notes what it was asked, so that invariants can be checked from its side too. Time is a stepped clock's,
 * the queue's and its own, so nothing here depends on how fast the machine is.
 */
import { Tensor, torchError, type Model, type Value } from './internals.js';
import { namedArguments } from '#dist/tensor/value.js';
import { gather, scatter } from '#dist/model/collate.js';
import { prepareCall, type Call } from '#dist/model/call.js';
import type { PrepareOptions } from '#dist/model/batchable.js';
import type { BatchExecution } from '#dist/model/model.js';
import { BatchQueue, type BatchQueueOptions } from '#dist/batching/index.js';
import type { ErrorCode } from '#dist/errors.js';
import { SteppedClock } from './stepped-clock.js';
import { turns } from './turn.js';

export interface FakeBatch {
  /** First element of every row, padding included. */
  readonly sentinels: readonly number[];
  readonly key: string;
  readonly args: readonly Value[];
}

export interface FakeOptions {
  readonly instances?: number;
  /** Batches that may wait for an instance, default none. */
  readonly maxPending?: number;
  /** Batches end when the test says so, by `finish` and `fail`. */
  readonly stepped?: boolean;
  /** Otherwise: milliseconds of the clock that a batch takes; 0, the default, for one turn of the event loop. */
  readonly runMs?: (rows: number) => number;
  /** A row with such a first element makes its whole run fail. */
  readonly isPoison?: (sentinel: number) => boolean;
  readonly failWith?: 'ERR_MODEL_EXECUTION' | 'ERR_OUT_OF_MEMORY';
  readonly answer?: (x: Tensor) => Value;
  readonly rowIndependent?: boolean;
  readonly stateful?: boolean;
}

type End = (failure?: ErrorCode) => void;

export class FakeEngine {
  readonly batches: FakeBatch[] = [];
  /** Batches that run or wait, at most. */
  mostInFlight = 0;
  readonly clock = new SteppedClock();
  /** Batches that run, the oldest first. */
  readonly #running = new Map<FakeBatch, End>();
  readonly #free: (() => void)[] = [];
  #taken = 0;
  #busy = 0;
  readonly #options: FakeOptions;

  constructor(options: FakeOptions = {}) {
    this.#options = options;
  }

  /** A queue over this engine, on its clock. It checks no rows, unless the test wants it to. */
  queue(options: BatchQueueOptions = {}, random: () => number = () => 0): BatchQueue {
    return new BatchQueue(this.model, { checkRows: 0, ...options }, this.clock, random);
  }

  /** Ends a batch that runs, the oldest by default, and lets what follows from it happen. */
  async finish(batch?: FakeBatch, failure?: ErrorCode): Promise<void> {
    const chosen = batch ?? this.#running.keys().next().value;
    const end = chosen && this.#running.get(chosen);
    if (!end) throw new Error('no such batch runs');
    end(failure);
    await turns();
  }

  fail(code: ErrorCode, batch?: FakeBatch): Promise<void> {
    return this.finish(batch, code);
  }

  /** Ends one batch after the other, a millisecond each, until some work has settled. */
  async finishAll<T>(work: Promise<T>): Promise<T> {
    let isPending = true;
    const done = (): void => void (isPending = false);
    work.then(done, done);
    await turns();
    while (isPending) {
      this.clock.advance(1);
      await this.finish();
    }
    return work;
  }

  /** What a BatchQueue sees of a model. */
  get model(): Model {
    const { instances = 1, maxPending = 0, rowIndependent = true, stateful = false } = this.#options;
    return {
      info: { instances, maxPending, stateful },
      warmupReport: { rowIndependent, rowIndependence: 'as the test says' },
      argumentsOf: (input: Value) => (Array.isArray(input) ? (input as Value[]) : [input]),
      prepare: (method: string, args: Value[], options: PrepareOptions) =>
        prepareCall(method, Array.isArray(args) ? args : Object.values(namedArguments(args)), options),
      runBatch: (calls: Call[], padTo: number) => this.#run(calls, padTo),
    } as unknown as Model;
  }

  async #run(calls: readonly Call[], padTo = 0): Promise<BatchExecution> {
    const { instances = 1, maxPending = 0, runMs = () => 0 } = this.#options;
    const { isPoison = () => false, failWith = 'ERR_MODEL_EXECUTION' } = this.#options;
    const pool = { take: (bytes: number) => new ArrayBuffer(bytes), give: () => undefined };
    const { values: args, rows } = gather(calls, padTo, pool);
    const [x] = args as [Tensor];
    const width = x.data.length / rows;
    const sentinels = Array.from({ length: rows }, (_, row) => Number(x.data[row * width]));
    const batch = { sentinels, key: (calls[0] as Call).key, args: args as readonly Value[] };
    this.batches.push(batch);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#taken);
    if (this.#taken > instances + maxPending) throw new Error('more batches than the engine takes');
    if (this.#busy >= instances) await new Promise<void>((resolve) => this.#free.push(resolve));
    this.#busy++;
    const began = this.clock.now();
    const failure = await this.#end(batch, runMs(rows));
    this.#busy--;
    this.#taken--;
    this.#free.shift()?.();
    if (failure) throw torchError(failure, 'as the test says');
    if (sentinels.some(isPoison)) throw torchError(failWith, 'poison');
    const answer = this.#options.answer ?? double;
    const timings = { queueMs: 0, runMs: Math.max(this.clock.now() - began, 0.01) };
    return { values: scatter(answer(x), calls, rows), timings };
  }

  #end(batch: FakeBatch, runMs: number): Promise<ErrorCode | undefined> {
    return new Promise((resolve) => {
      const end: End = (failure) => {
        this.#running.delete(batch);
        resolve(failure);
      };
      this.#running.set(batch, end);
      if (this.#options.stepped) return;
      if (runMs > 0) this.clock.after(runMs, end);
      else setImmediate(end);
    });
  }
}

function double(x: Tensor): Value {
  return new Tensor(
    'float32',
    (x.data as Float32Array).map((value) => 2 * value),
    x.shape,
  );
}

/** `count` rows of `width` elements, all of them `sentinel`. */
export function rowsOf(sentinel: number, count = 1, width = 4): Tensor {
  return new Tensor('float32', new Float32Array(count * width).fill(sentinel), [count, width]);
}
