import type { Bins } from './bins.js';
import type { Work } from './work.js';

export type FeatureKind = 'numeric' | 'categorical';

/** A window against the reference, by one test. */
export interface Comparison {
  readonly statistic: number;
  /** The least statistic, at these very sizes, that comes in at most a share of `level` of windows without drift. */
  readonly threshold: number;
  /** Share of windows without drift, of this size, with a statistic at least as large. */
  readonly pValue: number;
}

/**
 * A row of the table of tests. Window and reference are bins of the same feature; both have at least one value.
 *
 * p-values and thresholds are those of the statistic's null distribution at the window's own size, the reference's own
 * size and the bins' own shares: the two are parts, drawn at random, of one population.
 */
export interface DriftTest {
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  readonly kinds: readonly FeatureKind[];
  /** `verdictOf` takes neighbouring bins of a numeric feature together until no more are left. Default: as many as there are. */
  readonly numericBins?: number;
  /** @throws ERR_INVALID_ARGUMENT when the bins are not those of one feature, or a side is empty */
  statistic(reference: Bins, window: Bins): number;
  pValue(reference: Bins, window: Bins): number;
  /** @param level share of windows without drift that may pass the threshold; above 0 and below 1 */
  threshold(level: number, reference: Bins, window: Bins): number;
  /** All three at once, in slices. The arguments must have been checked. */
  compare(level: number, reference: Bins, window: Bins): Work<Comparison>;
}
