/** One call of a served model: what its caller gives and gets, and what is told of it. */
import type { RunTimings } from '../async/clock.js';
import type { QueueRunOptions } from '../batching/index.js';
import * as check from '../check.js';
import type { ErrorCode } from '../errors.js';
import type { Answer } from '../tasks/kinds/index.js';
import type { EncodedInput } from '../tasks/kinds/kind.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Arguments } from '../tensor/value.js';

/** A tensor, the arguments of `forward`, or encoded images where the record's task says what to make of them. */
export type AnswerInput = Tensor | Arguments | EncodedInput;

/** Options of a call of a served model. */
export interface ServedRunOptions extends QueueRunOptions {
  /**
   * While a canary release gets a share of the requests: calls with the same text go to the same side. Default: each falls at random.
   * Calls of a model that was asked for by its version are never split.
   */
  key?: string;
}

export interface AnswerOptions extends ServedRunOptions {
  /** Classification: how many classes for each row. Default 5, or all where there are fewer. */
  topK?: number;
  /** Images of more pixels are refused. Default 50 million. */
  maxPixels?: number;
  /** The output must be one float32 matrix of so many rows, as `/predict` promises. @internal */
  rows?: number;
}

/** An answer with the time that its run took. */
export type ServedAnswer = Answer & { readonly timings: RunTimings };

/** One call of a served model that has ended. */
export interface RunEvent {
  readonly model: string;
  readonly version: string;
  readonly method: string;
  /** Dimension 0 of the first tensor argument; 1 without one. */
  readonly rows: number;
  readonly outcome: 'ok' | 'aborted' | ErrorCode;
  /** Of a run that succeeded. */
  readonly timings: RunTimings | undefined;
  /** Milliseconds from the call to its end. */
  readonly totalMs: number;
}

/**
 * The key by which a call falls to a side, and what its run is given.
 * @throws ERR_INVALID_ARGUMENT for a key that is no text
 */
export function withoutKey<T extends ServedRunOptions>(options: T): [key: string | undefined, rest: T] {
  const { key, ...rest } = options;
  if (key !== undefined) check.text('key', key);
  return [key, rest as T];
}
