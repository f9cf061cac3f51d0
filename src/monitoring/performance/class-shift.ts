import type { Work } from '../../statistics/index.js';
import type { Reliability } from './reliability.js';

/** How a window's classes differ from those of the held-out rows. */
export interface ClassShift {
  /** Rows of each predicted class. */
  readonly rows: Float64Array;
  /** For each class, its share in the window over its share in the held-out rows. */
  readonly ratio: Float64Array;
  /** For each predicted class, the same of what is taken for it by error. */
  readonly errorRatio: Float64Array;
}

/** Which classes are taken for one is known from few errors: so many pseudo-errors come from all classes. */
const confusionStrength = 3;
/** The window's classes are drawn to the held-out ones by so many pseudo-rows. */
const shareStrength = 0.5;
const mostSteps = 200;
const tolerance = 1e-7;
/** Few enough that they take some ten microseconds. */
const classesPerStep = 64;

/**
 * The shares of the classes in a window without labels, by expectation and maximization over the calibrated chances (Saerens,
 * Latinne and Decaestecker 2002, Neural Computation 14(1)).
 * @param cells rows of the window, by predicted class and bin of confidence
 */
export function* classShift(reliability: Reliability, cells: Float64Array): Work<ClassShift> {
  const { classes, bins, wrong, share } = reliability;
  const rows = rowsByClass(cells, classes, bins);
  const total = rows.reduce((sum, count) => sum + count, 0);
  const now = Float64Array.from(share);
  const ratio = new Float64Array(classes).fill(1);
  for (let step = 0; step < mostSteps; step++) {
    const next = new Float64Array(classes);
    /** What comes from all classes alike; each class has its own part taken out. */
    let common = 0;
    for (let k = 0; k < classes; k++) {
      if (k % classesPerStep === 0) yield;
      if (rows[k] === 0) continue;
      const by = errorRatioOf(reliability, k, ratio, now);
      let own = 0;
      let errors = 0;
      for (let bin = 0; bin < bins; bin++) {
        const count = cells[k * bins + bin] as number;
        if (count === 0) continue;
        const chance = rightChance(wrong[k * bins + bin] as number, ratio[k] as number, by);
        own += count * chance;
        errors += count * (1 - chance);
      }
      next[k] = (next[k] as number) + own;
      if (errors === 0) continue;
      const weight = errors / (((reliability.errors[k] as number) + confusionStrength) * by);
      for (const [actual, count] of reliability.takenFor.get(k) ?? []) {
        next[actual] = (next[actual] as number) + weight * count * (ratio[actual] as number);
      }
      const alike = (weight * confusionStrength) / (1 - (share[k] as number));
      common += alike;
      next[k] = (next[k] as number) - alike * (now[k] as number);
    }
    let change = 0;
    for (let k = 0; k < classes; k++) {
      const found = (next[k] as number) + common * (now[k] as number) + shareStrength * (share[k] as number);
      const value = Math.max(0, found / (total + shareStrength));
      change += Math.abs(value - (now[k] as number));
      now[k] = value;
    }
    for (let k = 0; k < classes; k++) ratio[k] = (now[k] as number) / (share[k] as number);
    if (change < tolerance) break;
  }
  const errorRatio = Float64Array.from(ratio, (_, k) => errorRatioOf(reliability, k, ratio, now));
  return { rows, ratio, errorRatio };
}

/** The chance of being right, where classes have other shares than on the held-out rows. */
export function rightChance(wrong: number, ratio: number, errorRatio: number): number {
  const right = (1 - wrong) * ratio;
  const all = right + wrong * errorRatio;
  return all > 0 ? right / all : 0;
}

function errorRatioOf(
  { errors, share, takenFor }: Reliability,
  k: number,
  ratio: Float64Array,
  now: Float64Array,
): number {
  let sum = (confusionStrength * (1 - (now[k] as number))) / (1 - (share[k] as number));
  for (const [actual, count] of takenFor.get(k) ?? []) sum += count * (ratio[actual] as number);
  return sum / ((errors[k] as number) + confusionStrength);
}

function rowsByClass(cells: Float64Array, classes: number, bins: number): Float64Array {
  const rows = new Float64Array(classes);
  for (let k = 0; k < classes; k++) {
    for (let bin = 0; bin < bins; bin++) rows[k] = (rows[k] as number) + (cells[k * bins + bin] as number);
  }
  return rows;
}
