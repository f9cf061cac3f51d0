import { finish, type Work } from '../../statistics/index.js';
import type { EstimatedPerformance } from '../report.js';
import { beyondClasses, type BeyondClasses } from './beyond-classes.js';
import type { Calibration } from './calibration.js';
import { classShift, rightChance } from './class-shift.js';
import type { PerformanceProfile } from './profile.js';
import { reliabilityOf, type Reliability } from './reliability.js';

export interface EstimateOptions {
  /** A window of fewer rows says `too few`. Default 100. */
  readonly leastRows?: number;
}

/** Beyond so many standard deviations nothing is left to chance. */
const surprise = 4.5;
/** Nor where all features lie so far off on average, however much they say the same: then those beyond it count. */
const meanSurprise = 2.75;
/**
 * A feature may differ by this share of its rows, and all that differ for certain together by so much (the root of their summed
 * squares). Below it estimates stayed near the truth, and shifts of classes stay below it: scripts/check/cbpe.mjs.
 */
const featureShift = 0.16;
const jointShift = 0.2;
/** Confidences may move the estimate by so much accuracy beyond what classes do. */
const accuracyShift = 0.0125;
/** Of a normal distribution, for an interval of 95 %. */
const deviations = 1.96;

/**
 * Accuracy of a window of rows without labels, from what confidences were worth on held-out rows (confidence-based performance
 * estimation), where the window's classes may have other shares. Inputs or confidences that a shift of classes does not explain
 * make it `not calibrated here`: what was learned on the held-out rows says nothing about others.
 * @param calibration of the version's record; without one the answer is `no calibration`
 * @param window rows that were counted by the same calibration
 * @example
 * const { status, accuracy, low, high } = estimate(calibration, profile);
 */
export function estimate(
  calibration: Calibration | undefined,
  window: PerformanceProfile,
  options?: EstimateOptions,
): EstimatedPerformance {
  return finish(estimating(calibration, window, options));
}

/** `estimate` as work that can be cut into slices: with a thousand classes it takes a fifth of a second. */
export function* estimating(
  calibration: Calibration | undefined,
  window: PerformanceProfile,
  { leastRows = 100 }: EstimateOptions = {},
): Work<EstimatedPerformance> {
  const { rows, cells } = window;
  if (!calibration) return { status: 'no calibration', rows };
  if (rows < Math.max(1, leastRows)) return { status: 'too few', rows };
  const reliability = known(calibration);
  const shift = yield* classShift(reliability, cells);
  const { classes, bins, wrong, errors, binRows } = reliability;
  let right = 0;
  let variance = 0;
  const errorsOf = new Float64Array(classes);
  const ofBin = new Float64Array(bins);
  for (let k = 0; k < classes; k++) {
    if (shift.rows[k] === 0) continue;
    for (let bin = 0; bin < bins; bin++) {
      const count = cells[k * bins + bin] as number;
      const chance = rightChance(
        wrong[k * bins + bin] as number,
        shift.ratio[k] as number,
        shift.errorRatio[k] as number,
      );
      right += count * chance;
      // What the rows themselves leave open.
      variance += count * chance * (1 - chance);
      errorsOf[k] = (errorsOf[k] as number) + count * (1 - chance);
      ofBin[bin] = (ofBin[bin] as number) + count * (1 - chance);
    }
  }
  // What the held-out rows leave open: errors are few, and a count of them is known by its root.
  for (let bin = 0; bin < bins; bin++) {
    const held = (binRows[bin] as number) * averageWrong(reliability, bin);
    variance += (ofBin[bin] as number) ** 2 / (held + 1);
  }
  for (let k = 0; k < classes; k++) variance += (errorsOf[k] as number) ** 2 / ((errors[k] as number) + 4);
  const accuracy = right / rows;
  const beyond = yield* beyondClasses(calibration, reliability, shift, window);
  if (isElsewhere(beyond, accuracy)) return { status: 'not calibrated here', rows };
  const half = (deviations * Math.sqrt(variance)) / rows;
  return {
    ...{ status: 'estimated', rows, accuracy },
    low: Math.max(0, accuracy - half),
    high: Math.min(1, accuracy + half),
  };
}

function isElsewhere({ features, confidence, accuracy: byClasses }: BeyondClasses, accuracy: number): boolean {
  const mean = features.reduce((sum, left) => sum + left.surprise, 0) / features.length;
  const least = mean > meanSurprise ? meanSurprise : surprise;
  const sizes = features.filter((left) => left.surprise > least).map(({ size }) => size);
  if (Math.max(...sizes) > featureShift || Math.hypot(...sizes) > jointShift) return true;
  return confidence.surprise > surprise && Math.abs(accuracy - byClasses) > accuracyShift;
}

function averageWrong({ classes, bins, rows, wrong, binRows }: Reliability, bin: number): number {
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += (rows[k * bins + bin] as number) * (wrong[k * bins + bin] as number);
  return sum / Math.max(1, binRows[bin] as number);
}

/** A record's calibration is the same for every window. */
const reliabilities = new WeakMap<Calibration, Reliability>();

function known(calibration: Calibration): Reliability {
  const found = reliabilities.get(calibration) ?? reliabilityOf(calibration);
  reliabilities.set(calibration, found);
  return found;
}
