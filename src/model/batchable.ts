import type { Bounds } from '../signature/range.js';
import type { Arguments, Value } from '../tensor/value.js';
import type { Call } from './call.js';
import type { ComputeShare } from './compute-budget.js';
import type { Busy } from './engine.js';
import type { BatchExecution, Execution, Model } from './model.js';
import type { ModelRunOptions } from './options.js';

export interface PrepareOptions {
  /** The caller gives up the tensors, so they are not copied. */
  readonly owned?: boolean;
  /** Least and greatest element of the only tensor, where the caller has measured them. */
  readonly bounds?: Bounds | undefined;
}

/** How a batch comes to the engine. */
export interface BatchBeginning {
  /** The share has let it through. Default false: it waits for its turn. */
  readonly isAdmitted?: boolean;
  /** Calls come one by one, so that the batch may run on this thread. Default false. */
  readonly isCalm?: boolean;
}

/** What BatchQueue needs of a model. Every model that `loadModel` returns has it; it is not part of the public surface. */
export interface Batchable extends Model {
  /** What runs at this moment, and for how long already: a run that has hung is seen by its age. */
  readonly busy: Busy;

  /** What it has of the compute budget of this process: who starts a batch asks it first. */
  readonly share?: ComputeShare;

  /** The arguments that `run` makes of its input. */
  argumentsOf(input: unknown): Arguments;

  /** As `Model.execute`; `bounds` spare the look at each element, and `owned` tensors are not copied while the run waits. */
  execute<T extends Value = Value>(
    method: string,
    args: Arguments,
    options?: ModelRunOptions,
    prepare?: PrepareOptions,
  ): Promise<Execution<T>>;

  /**
   * Binds and checks a call, copies its inputs and says what it may be batched with.
   * @throws what `call` throws for its arguments, and ERR_NOT_BATCHABLE
   */
  prepare(method: string, args: Arguments, options?: PrepareOptions): Call;

  /**
   * Whether the last warm-up looked at calls of this kind: with the same arguments given, and the same values of those that
   * are no tensors. What it found says nothing of others.
   */
  wasChecked?(call: Call): boolean;

  /**
   * Runs calls of one key as one, and gives each its own rows. The limits of single calls are the caller's business.
   * @param padTo rows to run at least; the last row is repeated and its results are dropped
   * @throws as `call`; ERR_NOT_BATCHABLE unless every output leaf is a tensor with as many rows as went in
   */
  runBatch(calls: readonly Call[], padTo?: number, beginning?: BatchBeginning): Promise<BatchExecution>;

  /**
   * Runs one call on this thread, if that is known to be quick and nothing of the model runs or waits; undefined where it does not.
   * @throws as `runBatch` rejects
   */
  runHere?(call: Call): BatchExecution | undefined;
}

export function isBatchable(model: unknown): model is Batchable {
  return typeof (model as Partial<Batchable> | null)?.runBatch === 'function';
}
