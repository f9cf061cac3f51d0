/**
 * An engine for unit tests of the queue's policy: y = 2x row by row, with run times, failures and instances that the
 * test steers. It notes what it was asked, so that invariants can be checked from its side too.
 */
import { Tensor, torchError, type Model, type Value } from './internals.js';
import { namedArguments } from '#dist/tensor/value.js';
import { gather, scatter } from '#dist/model/collate.js';
import { prepareCall, type Call } from '#dist/model/call.js';
import type { PrepareOptions } from '#dist/model/batchable.js';
import type { BatchExecution } from '#dist/model/model.js';

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
  /** Milliseconds a batch takes. */
  readonly runMs?: (rows: number) => number;
  /** A row with such a first element makes its whole run fail. */
  readonly isPoison?: (sentinel: number) => boolean;
  readonly failWith?: 'ERR_MODEL_EXECUTION' | 'ERR_OUT_OF_MEMORY';
  readonly answer?: (x: Tensor) => Value;
  readonly rowIndependent?: boolean;
  readonly stateful?: boolean;
}

export class FakeEngine {
  readonly batches: FakeBatch[] = [];
  /** Batches that run. */
  inFlight = 0;
  /** Batches that run or wait, at most. */
  mostInFlight = 0;
  readonly #free: (() => void)[] = [];
  #taken = 0;
  readonly #options: FakeOptions;

  constructor(options: FakeOptions = {}) {
    this.#options = options;
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
    this.batches.push({ sentinels, key: (calls[0] as Call).key, args: args as readonly Value[] });
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#taken);
    if (this.#taken > instances + maxPending) throw new Error('more batches than the engine takes');
    if (this.inFlight >= instances) await new Promise<void>((resolve) => this.#free.push(resolve));
    this.inFlight++;
    const time = runMs(rows);
    await new Promise((resolve) => (time > 0 ? setTimeout(resolve, time) : setImmediate(resolve)));
    this.inFlight--;
    this.#taken--;
    this.#free.shift()?.();
    if (sentinels.some(isPoison)) throw torchError(failWith, 'poison');
    const answer = this.#options.answer ?? double;
    return { values: scatter(answer(x), calls, rows), timings: { queueMs: 0, runMs: Math.max(time, 0.01) } };
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
