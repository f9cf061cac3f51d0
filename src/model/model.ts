import type { ModelInfo } from './info.js';
import type { InlineStats } from './inline-runs.js';
import type { RunTimings } from '../async/clock.js';
import type { Signature } from '../signature/spec.js';
import type { Tolerance } from '../signature/tolerance.js';
import type { AnyMethods, Methods, Runs } from './methods.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Arguments, Value } from '../tensor/value.js';

export type { Execution } from './methods.js';

/** What each call of a batch got, and the time that the run they shared took. */
export interface BatchExecution {
  readonly values: readonly Value[];
  readonly timings: RunTimings;
  /** Milliseconds that it took to put the calls' rows together, and to give each its own; undefined where nobody measured. */
  readonly gatherMs?: number;
  readonly scatterMs?: number;
}

export interface WarmupOptions {
  /**
   * A valid input, as `run` takes it: a tensor, or arguments by position or by name. Dimension 0 is the batch. Default: made
   * from the signature; sizes that the model refuses on an example that nobody gave are left out of `batchSizes`.
   */
  example?: Arguments | Tensor;
  /** Rows per warm-up run, default [1]. Each size is run on every instance. */
  batchSizes?: readonly number[];
  /** Of the row-independence check, measured by each row's own scale. Default: 1e-4 relative, 1e-2 in half precision. */
  tolerance?: Tolerance;
  signal?: AbortSignal;
}

export interface WarmupReport {
  /** Runs done, over all sizes and instances. */
  readonly runs: number;
  /** Rows of the runs: those that were asked for and that the model takes. */
  readonly batchSizes: readonly number[];
  /** Why sizes are missing among them: what the model said of the first that it refused. Undefined where it took all. */
  readonly refused: string | undefined;
  /**
   * Each row of the outputs depends on its own row of the inputs alone: rows of other scale, sign and order came out of batches
   * as they did alone. Undefined where it could not be asked (stateful model, fixed batch, random operators).
   */
  readonly rowIndependent: boolean | undefined;
  /** Why rowIndependent is what it is. */
  readonly rowIndependence: string;
  /**
   * Rows of the largest batch that was tried, where rowIndependent is true: a BatchQueue makes none that are larger. A size
   * among `batchSizes` is tried.
   */
  readonly largestBatch?: number | undefined;
  /** Two equal runs gave two answers: the model has random operators. */
  readonly random: boolean;
  /** As it was given; undefined for the default. */
  readonly tolerance: Tolerance | undefined;
  readonly durationMs: number;
}

/** What a model has done. */
export interface ModelStats {
  /** Runs on the calling thread; see `LoadOptions.runInline`. */
  readonly inline: InlineStats;
}

/**
 * A loaded model. Every engine stands behind this interface.
 *
 * `Model<Methods>`, with the `Methods` that `node-libtorch types` writes, types method names, arguments and results. It is
 * also a plain `Model`, which takes any method by its name and any arguments.
 */
export interface Model<M extends Methods = AnyMethods> extends AsyncDisposable {
  /** What was loaded, where it runs and how. It does not change. */
  readonly info: ModelInfo;
  /** What `forward` takes and returns; undefined for a model without that method. */
  readonly signature: Signature | undefined;
  /** Whether `dispose` was called. Every run is refused with ERR_DISPOSED from then on. */
  readonly disposed: boolean;
  /** Runs submitted and not yet finished, those in execution included. */
  readonly pending: number;
  /** The most rows that one run takes; undefined where the model does not say. */
  readonly maxRows?: number | undefined;
  /** What the last warm-up found; undefined before it. */
  readonly warmupReport: WarmupReport | undefined;

  /**
   * Runs `forward`. Inputs are copied at the call.
   * @param input one tensor; or the arguments, an array by position, a plain object by name. Where `forward` takes exactly one
   * argument and that is a list or a dict, the array or the object is that argument.
   * @returns what `forward` returns. Without typed methods `T` is an unchecked cast: say what you know of the model.
   * @throws ERR_INVALID_ARGUMENT for an unknown option; ERR_INVALID_SHAPE, ERR_INVALID_DTYPE, ERR_INVALID_INPUT,
   * ERR_OUT_OF_RANGE, ERR_NOT_FINITE for an input; ERR_QUEUE_FULL, ERR_TIMEOUT, ERR_MODEL_EXECUTION, ERR_OUT_OF_MEMORY,
   * ERR_DISPOSED, or `signal.reason`
   *
   * @example
   * const logits = await model.run(Tensor.from([[0.1, 0.2, 0.3]]), { timeoutMs: 50 });
   * const pooled = await model.run({ input_ids, attention_mask });
   */
  readonly run: Runs<M>['run'];

  /**
   * Runs any exported method; `.pt2` and ONNX models have `forward` alone.
   * @param args an array by position or a plain object by name; arguments with defaults may be left out
   * @returns what the method returns. Without typed methods `T` is an unchecked cast.
   * @throws as `run`, and ERR_METHOD_NOT_FOUND
   *
   * @example
   * const codes = await model.call('encode', [samples, 16000]);
   * const [logits, state] = await model.call<[Tensor, Tensor]>('forward', { x, state: null });
   */
  readonly call: Runs<M>['call'];

  /** As `call`, with the milliseconds that the run waited and took. @throws as `call` */
  readonly execute: Runs<M>['execute'];

  /**
   * Runs an example on every instance until lazy initialisation is done, and checks row independence.
   * @throws ERR_INVALID_ARGUMENT for an option, or where no signature says enough to make an example; what a run throws on the
   * example that was given, or on every one that was made up
   */
  warmup(options?: WarmupOptions): Promise<WarmupReport>;

  /** What it has done since it was loaded. */
  stats(): ModelStats;

  /** Drops what is queued, lets what runs finish, frees the model. Idempotent. */
  dispose(): Promise<void>;
}
