import type { ModelInfo } from './info.js';
import type { RunOptions } from './options.js';
import type { RunTimings } from '../async/clock.js';
import type { Signature } from '../signature/spec.js';
import type { Tolerance } from '../signature/tolerance.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Arguments, Value } from '../tensor/value.js';

/** A result with the time it took. */
export interface Execution<T extends Value = Value> {
  readonly value: T;
  readonly timings: RunTimings;
}

/** What each call of a batch got, and the time that the run they shared took. */
export interface BatchExecution {
  readonly values: readonly Value[];
  readonly timings: RunTimings;
}

export interface WarmupOptions {
  /** One valid input (or argument list); made from the signature when left out. Dimension 0 is the batch. */
  example?: Arguments | Tensor;
  /** Rows per warm-up run, default [1]. Each size is run on every instance. */
  batchSizes?: readonly number[];
  /** Of the row-independence check. Default: 1e-4 relative, 1e-2 in half precision. */
  tolerance?: Tolerance;
  signal?: AbortSignal;
}

export interface WarmupReport {
  /** Runs done, over all sizes and instances. */
  readonly runs: number;
  readonly batchSizes: readonly number[];
  /** f(cat(a, b)) equals f(a), f(b). Undefined where it could not be asked (outputs without rows, stateful model). */
  readonly rowIndependent: boolean | undefined;
  /** Why rowIndependent is what it is. */
  readonly rowIndependence: string;
  readonly durationMs: number;
}

/** A loaded model. Every engine stands behind this interface. */
export interface Model extends AsyncDisposable {
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  readonly disposed: boolean;
  /** Runs submitted and not yet finished, those in execution included. */
  readonly pending: number;
  /** The most rows that one run takes; undefined where the model does not say. */
  readonly maxRows?: number | undefined;
  /** What the last warm-up found; undefined before it. */
  readonly warmupReport: WarmupReport | undefined;

  /**
   * Runs `forward`. A tensor is its only argument; an array is by position, a plain object by name, unless `forward`
   * takes exactly one argument and that is a list or a dict.
   * @throws ERR_INVALID_SHAPE, ERR_INVALID_DTYPE, ERR_INVALID_INPUT, ERR_OUT_OF_RANGE, ERR_NOT_FINITE, ERR_QUEUE_FULL,
   * ERR_TIMEOUT, ERR_MODEL_EXECUTION, ERR_OUT_OF_MEMORY, ERR_DISPOSED, or `signal.reason`
   */
  run<T extends Value = Tensor>(input: Tensor | Arguments, options?: RunOptions): Promise<T>;

  /** Runs any exported method. Arguments by position (array) or by name (plain object). Throws as `run`. */
  call<T extends Value = Value>(method: string, args: Arguments, options?: RunOptions): Promise<T>;

  /** As `call`, with the time that the run took. */
  execute<T extends Value = Value>(method: string, args: Arguments, options?: RunOptions): Promise<Execution<T>>;

  /** Runs an example on every instance until lazy initialisation is done, and checks row independence. */
  warmup(options?: WarmupOptions): Promise<WarmupReport>;

  /** Drops what is queued, lets what runs finish, frees the model. Idempotent. */
  dispose(): Promise<void>;
}
