import { torchError } from '../../errors.js';
import { binOf } from './bins.js';
import type { Calibration, CalibrationFeature } from './calibration.js';

/** A profile as a message or a file has it: counts, the same for all profiles of one calibration. */
export interface PerformanceCounts {
  readonly rows: number;
  /** Counts by predicted class, then by the bins of confidence: the place and the count of each that is not 0. */
  readonly cells: readonly number[];
  /** For each feature, the counts by group of classes, then by bin, likewise. */
  readonly features: readonly (readonly number[])[];
}

/** How many bins a feature has: its own, and one for NaN. */
export function widthOf({ kind, edges = [], categories = [] }: CalibrationFeature): number {
  return (kind === 'numeric' ? edges : categories).length + 2;
}

export function featureBin({ kind, edges = [], categories = [] }: CalibrationFeature, value: number): number {
  if (kind === 'numeric') return Number.isNaN(value) ? edges.length + 1 : binOf(edges, value);
  if (Number.isNaN(value)) return categories.length + 1;
  const found = categories.indexOf(value);
  return found < 0 ? categories.length : found;
}

/**
 * What `estimate` needs to know of a window of rows: plain counts that add up over processes. It holds no input value, and its
 * size is that of its calibration, however many rows it sees.
 * @example
 * const profile = new PerformanceProfile(calibration);
 * profile.add(3, 0.98, [0.13, 0.31]); // predicted class, its probability, the features in the calibration's order
 * const { accuracy } = estimate(calibration, profile);
 */
export class PerformanceProfile {
  readonly #calibration: Calibration;
  readonly #groupOf: Int32Array;
  readonly #cells: Float64Array;
  readonly #features: readonly Float64Array[];
  readonly #bins: number;
  #rows = 0;

  constructor(calibration: Calibration) {
    const { classes, edges, groups, features } = calibration;
    this.#calibration = calibration;
    this.#bins = edges.length + 1;
    this.#groupOf = new Int32Array(classes).fill(groups.length);
    for (const [group, index] of groups.entries()) this.#groupOf[index] = group;
    this.#cells = new Float64Array(classes * this.#bins);
    this.#features = features.map((feature) => new Float64Array((groups.length + 1) * widthOf(feature)));
  }

  /** Rows that were counted. */
  get rows(): number {
    return this.#rows;
  }

  /** Names of the features in the order in which `add` takes them. */
  get featureNames(): readonly string[] {
    return this.#calibration.features.map(({ name }) => name);
  }

  /**
   * Counts one row. A class that the task has not, or a confidence that is no number, is left out.
   * @param predicted the class of the highest score
   * @param confidence its probability, from 0 to 1
   * @param values one number for each feature, in the order of `featureNames`; NaN where it is missing. Undefined: not looked at
   */
  add(predicted: number, confidence: number, values?: ArrayLike<number>): void {
    const { classes, edges, features } = this.#calibration;
    if (!(predicted >= 0 && predicted < classes) || Number.isNaN(confidence)) return;
    this.#rows++;
    const cell = predicted * this.#bins + binOf(edges, confidence);
    this.#cells[cell] = (this.#cells[cell] as number) + 1;
    if (!values) return;
    const group = this.#groupOf[predicted] as number;
    for (let index = 0; index < features.length; index++) {
      const feature = features[index] as CalibrationFeature;
      const counts = this.#features[index] as Float64Array;
      const place = group * widthOf(feature) + featureBin(feature, values[index] as number);
      counts[place] = (counts[place] as number) + 1;
    }
  }

  /** Rows of each predicted class by bin of confidence, the bins of one class beside each other. */
  get cells(): Float64Array {
    return this.#cells;
  }

  /** Rows of a feature by group of classes and bin. */
  counts(feature: number): Float64Array {
    return this.#features[feature] as Float64Array;
  }

  /** Adds what another one has counted. @throws ERR_INVALID_ARGUMENT for counts of another calibration */
  merge(other: PerformanceProfile | PerformanceCounts): void {
    const { rows, cells, features } = other instanceof PerformanceProfile ? other.toJSON() : other;
    const targets = [this.#cells, ...this.#features];
    const added = [cells, ...features];
    const fits = added.length === targets.length && targets.every((target, index) => isWithin(added[index], target));
    if (!fits)
      throw torchError('ERR_INVALID_ARGUMENT', 'Expected counts of the same calibration but their sizes differ');
    this.#rows += rows;
    for (const [index, target] of targets.entries()) addPairs(target, added[index] as readonly number[]);
  }

  /** For a message between processes. */
  toJSON(): PerformanceCounts {
    return { rows: this.#rows, cells: pairs(this.#cells), features: this.#features.map(pairs) };
  }

  /** What `toJSON` has made. @throws ERR_INVALID_ARGUMENT for counts of another calibration */
  static from(calibration: Calibration, counts: PerformanceCounts): PerformanceProfile {
    const profile = new PerformanceProfile(calibration);
    profile.merge(counts);
    return profile;
  }
}

function pairs(counts: Float64Array): number[] {
  const found: number[] = [];
  for (let place = 0; place < counts.length; place++) {
    const count = counts[place] as number;
    if (count !== 0) found.push(place, count);
  }
  return found;
}

function isWithin(added: readonly number[] | undefined, { length }: Float64Array): boolean {
  if (!added || added.length % 2 !== 0) return false;
  for (let at = 0; at < added.length; at += 2) if (!((added[at] as number) < length)) return false;
  return true;
}

function addPairs(target: Float64Array, added: readonly number[]): void {
  for (let at = 0; at < added.length; at += 2) {
    const place = added[at] as number;
    target[place] = (target[place] as number) + (added[at + 1] as number);
  }
}
