import * as check from '../check.js';
import { expected, torchError, type TorchError } from '../errors.js';
import type { Model } from '../model/model.js';

export interface BatchQueueOptions {
  /**
   * Rows of a batch at most, default 32; never more than the model takes, nor than the last warm-up tried (its largestBatch)
   * unless `rowIndependent` was given. A larger request is split and its results are rejoined.
   */
  maxBatchSize?: number;
  /**
   * How long the oldest waiting request may be held back to fill a batch, default 0: an idle instance takes what has
   * queued. Skipped when nothing is in flight.
   */
  maxDelayMs?: number;
  /** Batches are padded up to the next of these sizes, so that the model sees few shapes. The largest must be maxBatchSize. */
  allowedBatchSizes?: readonly number[];
  /** Rows waiting at most, default 1024; more are refused with ERR_QUEUE_FULL, one call that has more with ERR_INVALID_SHAPE. */
  maxQueueSize?: number;
  /** Bytes of waiting inputs at most, default 256 MiB; more are refused with ERR_QUEUE_FULL, one call that has more with ERR_PAYLOAD_TOO_LARGE. */
  maxQueueBytes?: number;
  /**
   * Milliseconds that what comes may be expected to wait before its batch begins, by the measured run times; default none. Where
   * the rows that wait would take longer, fewer than maxQueueSize may wait: one batch at least, and a
   * call of any number of rows while less than a batch waits.
   */
  maxWaitMs?: number;
  /** Milliseconds a request may take from submission to result, default none. A call's own limit may only shorten it. */
  timeoutMs?: number;
  /** Caps the batch size so that a request that just misses a batch still answers in time, by the measured run times. */
  targetP95Ms?: number;
  /** What priority 0, the default, stands for: 1 is the most urgent. Default 5. */
  defaultPriority?: number;
  /** How much longer a request waits for each level below another, default 100: no level starves. */
  agingMs?: number;
  /**
   * Of so many batches one has one of its rows run again by itself, default 1000; 0: none. A difference ends batching, unless
   * `rowIndependent` was given or the model is random. Checks take 1 % of the run time at most.
   */
  checkRows?: number;
  /** Your word that rows are independent, of every method: nothing needs to have been checked by warmup. */
  rowIndependent?: boolean;
}

export type ResolvedBatchOptions = Required<Omit<BatchQueueOptions, 'allowedBatchSizes' | 'rowIndependent'>> & {
  readonly allowedBatchSizes: readonly number[] | undefined;
};

export const lowestPriority = 10;

const numbers = {
  maxDelayMs: [0, 60_000],
  maxQueueBytes: [1, Number.MAX_SAFE_INTEGER],
  maxWaitMs: [0, Infinity],
  timeoutMs: [0, Infinity],
  targetP95Ms: [0, Infinity],
  agingMs: [0, 3_600_000],
} as const;

const isAboveZero: ReadonlySet<string> = new Set(['maxWaitMs', 'timeoutMs', 'targetP95Ms']);

const known = [
  ...['maxBatchSize', 'maxQueueSize', 'defaultPriority', 'allowedBatchSizes', 'rowIndependent', 'checkRows'],
  ...Object.keys(numbers),
];

/**
 * @param maxRows the most rows that the model takes; maxBatchSize is never more
 * @throws ERR_INVALID_ARGUMENT naming the option
 */
export function resolveBatchOptions(options: BatchQueueOptions, maxRows = Infinity): ResolvedBatchOptions {
  check.options('BatchQueue', options, known);
  const { rowIndependent } = options;
  if (rowIndependent !== undefined) check.boolean('rowIndependent', rowIndependent);
  const { maxBatchSize: wanted = 32, maxQueueSize = 1024, defaultPriority = 5, allowedBatchSizes } = options;
  check.integer('maxBatchSize', wanted, 1, 1_000_000);
  const maxBatchSize = Math.min(wanted, maxRows);
  check.integer('maxQueueSize', maxQueueSize, 1, 100_000_000);
  check.integer('defaultPriority', defaultPriority, 1, lowestPriority);
  const { checkRows = 1000 } = options;
  check.integer('checkRows', checkRows, 0, 1_000_000_000);
  for (const [name, [min, max]] of Object.entries(numbers)) {
    const value = options[name as keyof typeof numbers];
    if (value !== undefined) check.number(name, value, min, max);
    if (value === 0 && isAboveZero.has(name)) throw expected('a number above 0', name, value);
  }
  return {
    maxBatchSize,
    maxDelayMs: options.maxDelayMs ?? 0,
    allowedBatchSizes:
      allowedBatchSizes === undefined ? undefined : withinRows(sortedSizes(allowedBatchSizes, wanted), maxRows),
    maxQueueSize,
    maxQueueBytes: options.maxQueueBytes ?? 256 * 2 ** 20,
    maxWaitMs: options.maxWaitMs ?? Infinity,
    timeoutMs: options.timeoutMs ?? Infinity,
    targetP95Ms: options.targetP95Ms ?? Infinity,
    defaultPriority,
    agingMs: options.agingMs ?? 100,
    checkRows,
  };
}

function sortedSizes(sizes: readonly number[], maxBatchSize: number): readonly number[] {
  const given: unknown = sizes;
  if (!Array.isArray(given)) throw expected('an array of sizes', 'allowedBatchSizes', sizes);
  for (const size of sizes) check.integer('a size in allowedBatchSizes', size, 1, maxBatchSize);
  const sorted = [...new Set(sizes)].sort((a, b) => a - b);
  if (sorted.at(-1) !== maxBatchSize) {
    throw expected(`maxBatchSize (${maxBatchSize}) as the largest size`, 'allowedBatchSizes', sorted.at(-1));
  }
  return sorted;
}

/** The sizes that the model takes, its largest run among them where it is less than what was asked for. */
function withinRows(sizes: readonly number[], maxRows: number): readonly number[] {
  const within = sizes.filter((size) => size <= maxRows);
  return within.length === sizes.length ? sizes : [...new Set([...within, maxRows])];
}

/** @throws ERR_STATEFUL_MODEL or ERR_NOT_BATCHABLE for a model whose requests must not share a run */
export function requireBatchable(model: Model, rowIndependent: boolean | undefined): void {
  if (model.info.stateful) {
    throw torchError('ERR_STATEFUL_MODEL', 'The model keeps state, so its requests must not share a run');
  }
  if (rowIndependent || model.warmupReport?.rowIndependent) return;
  const why = model.warmupReport?.rowIndependence ?? 'it was never checked: call model.warmup() first';
  throw notIndependent(why);
}

/** ERR_NOT_BATCHABLE with the reason, and the way to batch all the same. */
export function notIndependent(why: string): TorchError {
  const isSaid = why.includes('rowIndependent: true');
  const way = isSaid ? '' : '; rowIndependent: true (serve: --row-independent on) takes your word for it';
  return torchError('ERR_NOT_BATCHABLE', `Expected a model whose rows are independent, but ${why}${way}`);
}

/** No more rows than the model takes, nor than warm-up has tried where nobody vouches for more. */
export function mostRowsOf(model: Model, { rowIndependent }: BatchQueueOptions): number | undefined {
  const tried = rowIndependent === true ? Infinity : (model.warmupReport?.largestBatch ?? Infinity);
  const most = Math.min(model.maxRows ?? Infinity, tried);
  return most === Infinity ? undefined : most;
}
