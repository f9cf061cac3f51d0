/** What monitoring says of a version: what GET /v2/models/{model}/monitoring answers, and what the console shows. */

/** How sure a window is. `too few`: there were not enough rows to say anything. */
export type DriftLevel = 'ok' | 'possible' | 'drift' | 'too few';

/** One feature of a window against the training data. */
export interface FeatureReport {
  /** Such as `input.mean`, `age` or `prediction`. */
  readonly feature: string;
  /** The row of the table of tests: `ks`, `chi2`, … */
  readonly test: string;
  readonly statistic: number;
  /** What the statistic would have to pass by itself, at this window's own size. */
  readonly threshold: number;
  readonly pValue: number;
  /** After Benjamini-Hochberg over the features of the window. */
  readonly adjusted: number;
  readonly level: DriftLevel;
}

/** A window that has closed. */
export interface WindowReport {
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly level: DriftLevel;
  /** Share of windows without drift that would be called drift. */
  readonly falseAlarms: number;
  readonly features: readonly FeatureReport[];
}

/** Accuracy as estimated from calibrated confidences, without labels (CBPE). */
export interface EstimatedPerformance {
  /** `not calibrated here`: the inputs are not those that confidences were calibrated on. `no calibration`: the record has none. */
  readonly status: 'estimated' | 'not calibrated here' | 'too few' | 'no calibration';
  readonly rows: number;
  readonly accuracy?: number;
  /** Bounds of an interval of 95 %. */
  readonly low?: number;
  readonly high?: number;
}

/** Accuracy by labels that came back. */
export interface RealisedPerformance {
  /** Rows with a label. */
  readonly rows: number;
  readonly correct: number;
  readonly accuracy?: number;
  /** Expected calibration error: mean difference of confidence and accuracy over bins of confidence. */
  readonly calibrationError?: number;
}

/** Everything that is watched of one version. */
export interface MonitoringReport {
  readonly model: string;
  readonly version: string;
  readonly status: 'watching' | 'no statistics' | 'off';
  /** What to do to have it watched; only where it is not. */
  readonly hint?: string;
  /** The window that is open. */
  readonly open: { readonly from: string; readonly rows: number; readonly needed: number } | undefined;
  /** Closed windows, the newest first; a bounded number. */
  readonly windows: readonly WindowReport[];
  readonly estimated: EstimatedPerformance | undefined;
  readonly realised: RealisedPerformance | undefined;
}
