import type { Work } from '../../statistics/index.js';
import type { Calibration, CalibrationFeature } from './calibration.js';
import type { ClassShift } from './class-shift.js';
import { leftOver, type LeftOver, type Stratum } from './left-over.js';
import { widthOf, type PerformanceProfile } from './profile.js';
import type { Reliability } from './reliability.js';

/** What a window has that other shares of the classes do not explain. */
export interface BeyondClasses {
  readonly features: readonly (LeftOver & { readonly feature: string })[];
  readonly confidence: LeftOver;
  /** The accuracy that the classes alone would give, whatever the confidences say. */
  readonly accuracy: number;
}

/** What a class does is drawn to what all do by so many pseudo-rows. */
const confidenceStrength = 10;
const featureStrength = 5;
const errorStrength = 10;

/**
 * Inputs and confidences of a window against those of the held-out rows, class by class, where the classes have the window's
 * shares. A mere shift of classes leaves nothing.
 */
export function* beyondClasses(
  calibration: Calibration,
  reliability: Reliability,
  shift: ClassShift,
  window: PerformanceProfile,
): Work<BeyondClasses> {
  const { strata, right } = confidenceStrata(reliability, shift);
  const counts = sumOver(window.cells, reliability.bins);
  let correct = 0;
  for (const [k, rows] of shift.rows.entries()) correct += rows * (right[k] as number);
  const confidence = yield* leftOver(counts, strata);
  const features: (LeftOver & { readonly feature: string })[] = [];
  for (const [index, feature] of calibration.features.entries()) {
    const left = yield* ofFeature(calibration, feature, window.counts(index), { shift, right });
    features.push({ feature: feature.name, ...left });
  }
  return { confidence, accuracy: correct / window.rows, features };
}

/** How confidences should be distributed for each predicted class, and how many of its rows should be right. */
function confidenceStrata(reliability: Reliability, { rows, ratio, errorRatio }: ClassShift) {
  const { classes, bins, binRows, wrong } = reliability;
  const total = binRows.reduce((sum, count) => sum + count, 0);
  const right = new Float64Array(classes);
  const strata: Stratum[] = [];
  for (let k = 0; k < classes; k++) {
    if (rows[k] === 0) continue;
    const [own, others] = [ratio[k] as number, errorRatio[k] as number];
    const shares = new Float64Array(bins);
    let held = 0;
    for (let bin = 0; bin < bins; bin++) held += reliability.rows[k * bins + bin] as number;
    let mass = 0;
    let rightMass = 0;
    for (let bin = 0; bin < bins; bin++) {
      const pooled = confidenceStrength * ((binRows[bin] as number) / total);
      const before = ((reliability.rows[k * bins + bin] as number) + pooled) / (held + confidenceStrength);
      const chance = wrong[k * bins + bin] as number;
      shares[bin] = before * ((1 - chance) * own + chance * others);
      mass += shares[bin] as number;
      rightMass += before * (1 - chance) * own;
    }
    if (mass === 0) continue;
    right[k] = rightMass / mass;
    for (let bin = 0; bin < bins; bin++) shares[bin] = (shares[bin] as number) / mass;
    strata.push({ rows: rows[k] as number, parts: [{ weight: 1, rows: held + confidenceStrength, shares }] });
  }
  return { strata, right };
}

function* ofFeature(
  { groups, classes }: Calibration,
  feature: CalibrationFeature,
  counts: Float64Array,
  { shift, right }: { readonly shift: ClassShift; readonly right: Float64Array },
): Work<LeftOver> {
  const width = widthOf(feature);
  const rightAll = feature.right.reduce(plus, new Float64Array(width));
  const wrongAll = feature.wrong.reduce(plus, new Float64Array(width));
  const all = sharesOf(plus(rightAll, wrongAll));
  const wrongShares = drawn(wrongAll, all, errorStrength).shares;
  const groupOf = new Int32Array(classes).fill(groups.length);
  for (const [group, index] of groups.entries()) groupOf[index] = group;
  const rowsOf = new Float64Array(groups.length + 1);
  const rightOf = new Float64Array(groups.length + 1);
  for (let k = 0; k < classes; k++) {
    const group = groupOf[k] as number;
    rowsOf[group] = (rowsOf[group] as number) + (shift.rows[k] as number);
    rightOf[group] = (rightOf[group] as number) + (shift.rows[k] as number) * (right[k] as number);
  }
  const strata = feature.right.map((rightRows, group): Stratum => {
    let rows = 0;
    for (let bin = 0; bin < width; bin++) rows += counts[group * width + bin] as number;
    const weight = rowsOf[group] === 0 ? 1 : (rightOf[group] as number) / (rowsOf[group] as number);
    const errors = drawn(feature.wrong[group] as readonly number[], wrongShares, errorStrength);
    return {
      rows,
      parts: [
        { weight, ...drawn(rightRows, all, featureStrength) },
        { weight: 1 - weight, ...errors },
      ],
    };
  });
  return yield* leftOver(sumOver(counts, width), strata);
}

/** Shares of counts, drawn to others by so many pseudo-rows. */
function drawn(counts: ArrayLike<number>, to: Float64Array, strength: number): { rows: number; shares: Float64Array } {
  let sum = 0;
  for (let bin = 0; bin < counts.length; bin++) sum += counts[bin] as number;
  const rows = sum + strength;
  return { rows, shares: to.map((share, bin) => ((counts[bin] as number) + strength * share) / rows) };
}

function sharesOf(counts: Float64Array): Float64Array {
  const sum = counts.reduce((total, count) => total + count, 0);
  return counts.map((count) => (sum > 0 ? count / sum : 1 / counts.length));
}

function plus(sums: Float64Array, more: ArrayLike<number>): Float64Array {
  return sums.map((sum, bin) => sum + (more[bin] as number));
}

/** Adds up what lies `width` apart. */
function sumOver(counts: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let at = 0; at < counts.length; at++) sums[at % width] = (sums[at % width] as number) + (counts[at] as number);
  return sums;
}
