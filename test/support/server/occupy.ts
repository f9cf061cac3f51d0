import { Tensor, type ModelHost } from '#dist/index.js';
import type { Batchable } from '#dist/model/batchable.js';
import { until } from './http.js';

/** Enough rows for some tens of milliseconds of the digit model. */
export const large = new Tensor('float32', new Float32Array(5_000 * 784), [5_000, 784]);

export interface Occupation<T> {
  /** The batch of one row that is under way: it runs once the instance is free. */
  readonly first: Promise<T>;
  /** Ends it. */
  readonly free: () => Promise<void>;
}

/**
 * Keeps the only instance of a host's only model busy with runs that are not its queue's, and a batch behind them, until
 * `free()`: what comes in between has to wait in the queue, however fast or slow this machine is just then.
 * @param send one row, to the queue
 */
export async function occupy<T>(host: ModelHost, send: () => Promise<T>): Promise<Occupation<T>> {
  const { model: served, queue } = host.model();
  const model = served as Batchable;
  const runBatch = model.runBatch.bind(model);
  let occupied = true;
  const runs = (async () => {
    while (occupied) await model.run(large);
  })();
  model.runBatch = async (calls, padTo) => {
    await runs;
    return runBatch(calls, padTo);
  };
  runs.catch(() => undefined); // the test looks at it later
  let first!: Promise<T>;
  let ended = true;
  await until('a batch is under way', () => {
    if (queue!.stats().batchesInFlight === 1) return true;
    // A short time limit of the queue can pass before a slow machine has formed the batch: then another row is sent.
    if (ended) {
      ended = false;
      first = send();
      first.catch(() => undefined).finally(() => (ended = true));
    }
    return false;
  });
  const free = async (): Promise<void> => {
    occupied = false;
    await runs;
    model.runBatch = runBatch;
  };
  return { first, free };
}
