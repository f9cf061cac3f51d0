import type { BoundArguments } from '../signature/bind.js';
import type { Execution } from './model.js';
import type { RunOptions } from './options.js';

/** Which instance runs, and on what. */
export interface Placement {
  /** Pins the run to one instance; -1 (default) takes the next that is idle. */
  readonly instance?: number | undefined;
  /** Runs on a deep copy, so that a stateful model's state stays as it is. */
  readonly scratch?: boolean | undefined;
}

/** One run, as an engine gets it: bound and checked. */
export interface Run extends Placement {
  readonly method: string;
  /** Nobody but the engine changes what they hold until it is done. */
  readonly values: BoundArguments;
  /** What messages call the argument at each place. */
  readonly names: readonly string[];
  readonly limits: RunOptions;
  /** Some of the engine's `outputNames`, to be read before anything is awaited; without it all of them. */
  readonly outputs?: readonly string[] | undefined;
  /** The engine has taken the run. Not called for one that it refuses. */
  readonly accepted: () => void;
  /** The engine is done with the run or has dropped it; an abort may have settled its promise long before. */
  readonly finished: () => void;
}

/** The same run with other values or limits. */
export function runWith(run: Run, values: BoundArguments, limits: RunOptions): Run {
  const { method, names, outputs, instance, scratch, accepted, finished } = run;
  return { method, values, names, limits, outputs, instance, scratch, accepted, finished };
}

/**
 * The runs that have begun and not ended, those that nobody waits for any more included. All instances are stuck beyond a
 * limit when as many run as there are instances, and the youngest is older than the limit.
 */
export interface Busy {
  readonly running: number;
  /** Milliseconds since the run that has taken longest began; 0 without one. */
  readonly oldestMs: number;
  /** Milliseconds since the last of them began; 0 without one. */
  readonly youngestMs: number;
}

/** A run of which it is known what it took of its thread. */
export interface HeldExecution extends Execution {
  /** Milliseconds that the run itself took of the thread: a busy machine may have kept it waiting besides. */
  readonly heldMs: number;
}

/** The engine's half of a loaded model. All that an engine has to offer behind `Model`. */
export interface EngineModel {
  run(run: Run): Promise<Execution & Partial<Pick<HeldExecution, 'heldMs'>>>;
  /**
   * Runs on this thread, if nothing of the model runs or waits; undefined where it does not. The event loop waits for it.
   * @param held told what it took of the thread, and by the clock, before the model's error is thrown as well
   * @throws what `run` rejects with
   */
  runHere?(run: Run, held: (heldMs: number, runMs: number) => void): Execution | undefined;
  /** Methods whose runs of equal shapes take about as long. Without it nothing is known of any. */
  readonly boundedMethods?: ReadonlySet<string> | undefined;
  /** At this moment. Never waits for a run. */
  busy(): Busy;
  /** Names of what `forward` returns, where a run may choose among them. */
  readonly outputNames?: readonly string[];
  /** Called once. Resolves when the engine has freed the model. */
  free(): Promise<void>;
}
