/** What a record says of how far a classifier's confidences can be believed: counts of held-out rows, no row itself. */

/** Numeric: bins between the edges, one open bin on each side. Categorical: a bin for each category, one for all others. */
export interface CalibrationFeature {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  /** Numeric: ascending, each value belongs to the bin right of the last edge that it reaches. */
  readonly edges?: readonly number[];
  readonly categories?: readonly number[];
  /**
   * One row of counts for each group of classes: rows that were predicted right first, then those that were predicted wrong.
   * Each has the feature's bins, and one more for NaN.
   */
  readonly right: readonly (readonly number[])[];
  readonly wrong: readonly (readonly number[])[];
}

/**
 * The member `trainingStatistics.calibration` of a record. Everything is counted on rows with labels that the model was not
 * trained on.
 */
export interface Calibration {
  /** Held-out rows. */
  readonly rows: number;
  /** How many classes the task has. */
  readonly classes: number;
  /** Between the bins of confidence, ascending, in (0, 1): there is one bin more than edges. */
  readonly edges: readonly number[];
  /** Mean confidence of each bin's rows; of its middle where it has none. */
  readonly confidences: readonly number[];
  /** Rows of each predicted class that has any, by the bins of confidence: [class, right, wrong]. */
  readonly cells: readonly (readonly [predicted: number, right: readonly number[], wrong: readonly number[]])[];
  /** How often which class was taken for which: [actual, predicted, rows], those that differ and occurred. */
  readonly confusions: readonly (readonly [actual: number, predicted: number, rows: number])[];
  /** Classes whose features are counted by themselves, those with the most rows; all others share the last group. */
  readonly groups: readonly number[];
  readonly features: readonly CalibrationFeature[];
}

/** Values of one feature, one for each held-out row. */
export interface FeatureColumn {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  /** A number for each row; NaN where it is missing. Categories are numbers too. */
  readonly values: ArrayLike<number>;
}

/** Held-out rows with labels. All have one entry for each row. */
export interface CalibrationData {
  /** How many classes the task has. */
  readonly classes: number;
  /** The class of the highest score. */
  readonly predicted: ArrayLike<number>;
  /** Its probability, from 0 to 1. */
  readonly confidences: ArrayLike<number>;
  /** The label. */
  readonly actual: ArrayLike<number>;
  /** What is watched of the inputs; at most 64. Default: none. */
  readonly features?: readonly FeatureColumn[];
}
