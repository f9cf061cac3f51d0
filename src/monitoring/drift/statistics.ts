/** The form of what was counted in training data: the member `trainingStatistics` of a record. */

/** Numbers, counted between fixed edges. */
export interface NumericFeature {
  readonly kind: 'numeric';
  /** Such as `input.mean`, `age`, `prediction`. */
  readonly name: string;
  /** Rows without a value: NaN, or nothing there. */
  readonly missing: number;
  /** Ascending, at least two. A value belongs to the first bin whose edge it does not pass: bin i is (edges[i-1], edges[i]]. */
  readonly edges: readonly number[];
  /** One more than the edges: the first bin is open below, the last one above. */
  readonly counts: readonly number[];
  /** Of the values that are finite; left out where there is none. */
  readonly mean?: number;
  readonly std?: number;
}

/** Whole numbers that stand for kinds: few values of an integer input, or classes by their index. */
export interface CategoricalFeature {
  readonly kind: 'categorical';
  /** Such as `prediction`. */
  readonly name: string;
  /** Rows without a value: nothing there. */
  readonly missing: number;
  /** Ascending, at most 200. */
  readonly categories: readonly number[];
  /** One more than the categories: the last one counts all else. */
  readonly counts: readonly number[];
}

export type ReferenceFeature = NumericFeature | CategoricalFeature;

/** What was counted of one input. */
export interface InputFeatures {
  /** Its name in the signature. */
  readonly input: string;
  readonly features: readonly ReferenceFeature[];
}

/** What a version was trained on, as counts: the member `trainingStatistics` of its record. No value of a row is in it. */
export interface TrainingStatistics {
  /** Rows that were counted. */
  readonly rows: number;
  readonly inputs: readonly InputFeatures[];
  /** Of what the model answered for these rows. */
  readonly predictions?: { readonly features: readonly ReferenceFeature[] };
  /** How sure the model may be where it says that it is: made by `fitCalibration` of monitoring/performance. */
  readonly calibration?: Readonly<Record<string, unknown>>;
}
