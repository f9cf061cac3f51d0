/** What a canary may not be worse by. */
export interface CanaryLimits {
  /** By how much the share of its answers that are errors may be above that of the stable version. */
  readonly maxErrorRate: number;
  /** How many times as long as those of the stable version its answers may take, at the 95th percentile. */
  readonly maxLatencyRatio: number;
  /** How long they may take at the 95th percentile, in milliseconds; left out: no such limit. */
  readonly maxLatencyMs?: number;
  /** The share of its answers that may differ from those of the stable version on the same input; left out: none is compared. */
  readonly maxDisagreement?: number;
  /** The time that a verdict looks back on, in seconds. */
  readonly windowSeconds: number;
}

export const defaultLimits: CanaryLimits = { maxErrorRate: 0.02, maxLatencyRatio: 2, windowSeconds: 60 };

/** Below so many answers of the canary in a window there is no verdict. */
export const leastAnswers = 200;
