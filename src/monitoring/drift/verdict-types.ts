import type { Bins, FeatureKind } from '../../statistics/index.js';
import type { DriftLevel, FeatureReport } from '../report.js';
import type { PresetName } from './presets.js';

/** What a verdict needs of a feature: counts, never a value. */
export interface FeatureCounts {
  readonly name: string;
  readonly kind: FeatureKind;
  /** Numeric: between the reference's edges. Categorical: by the reference's categories, the last for all others. */
  readonly bins: Bins;
  /** Rows in which the feature was missing. They are in no bin. */
  readonly missing: number;
}

/** What a verdict needs of a profile: `Profile` is one. */
export interface ProfileCounts {
  readonly rows: number;
  readonly features: readonly FeatureCounts[];
}

export interface VerdictOptions {
  /** Share of windows without drift that may be called drift: above 0, at most 0.5. Default: 0.01. */
  readonly level?: number;
  /** Which tests, and by what they decide: a row of `driftPresets`. Default: `exact`. */
  readonly preset?: PresetName;
  /** Below that many rows a window is `too few`. Default: 50. */
  readonly leastRows?: number;
  /** Ends the work between two slices; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

export interface Verdict {
  readonly level: DriftLevel;
  readonly rows: number;
  /** Share of windows without drift that would be called drift; NaN where a preset of fixed thresholds decides. */
  readonly falseAlarms: number;
  /** The features, in the order of the reference. */
  readonly features: readonly FeatureReport[];
}
