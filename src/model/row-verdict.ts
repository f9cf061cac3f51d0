/** What is found out about the rows of a model, and what that takes. */
import type { BoundArguments } from '../signature/bind.js';
import type { Signature, TensorSpec } from '../signature/spec.js';
import type { Tolerance } from '../signature/tolerance.js';
import type { Value } from '../tensor/value.js';
import type { ModelInfo } from './info.js';

/** What the check needs to know of a model. */
export interface Examined {
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  readonly forwardSpecs: readonly (TensorSpec | undefined)[];
  readonly survivesZero: boolean;
}

export interface RowVerdict {
  /** Undefined where the question could not be asked. */
  readonly rowIndependent: boolean | undefined;
  readonly rowIndependence: string;
  /** Two equal runs gave two answers. */
  readonly random: boolean;
  /** Rows of the largest batch that was tried, of a model whose rows are independent. */
  readonly largestBatch?: number;
}

export interface RowCheckOptions {
  /** Default: by the precision. */
  readonly tolerance?: Tolerance | undefined;
  /** Sizes that batches will have: each is tried, beside small ones. */
  readonly sizes?: readonly number[];
}

export type Run = (args: BoundArguments) => Promise<Value>;

/** What every model with rows must take. */
export const leastRows = 3;

/** @param why the question could not be asked */
export function unasked(why: string): RowVerdict {
  return { rowIndependent: undefined, rowIndependence: why, random: false };
}

/** Ends a check from wherever its end was found. */
export class Verdict extends Error {
  constructor(readonly verdict: RowVerdict) {
    super(verdict.rowIndependence);
  }
}
