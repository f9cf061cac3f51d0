/** Counts of features between the fixed edges of a reference: constant memory, and parts of several processes add up exactly. */
import { torchError } from '../../errors.js';
import type { Counted } from './reference.js';
import type { ReferenceFeature } from './statistics.js';

/** Counts in the form that the tests of distributions take. */
interface Bins {
  /** Numeric: bins between, and an open one on each side, so that there is one count more than edges. */
  readonly edges?: readonly number[];
  readonly counts: ArrayLike<number>;
}

/** One feature of a profile. */
export interface ProfileFeature {
  readonly name: string;
  readonly kind: ReferenceFeature['kind'];
  readonly bins: Bins;
  /** Rows without a value. */
  readonly missing: number;
  /** Of the values that are finite. */
  readonly sum: number;
}

/** A profile on its way to another process: counts without edges, which both have from the record. */
export interface ProfileJson {
  readonly rows: number;
  /** For each feature its counts, without the zeros at the end. */
  readonly counts: readonly (readonly number[])[];
  readonly missing: readonly number[];
  readonly sums: readonly number[];
}

/** More than anybody counts in a window, and far from where numbers stop being exact. */
const mostRows = 2 ** 48;

/**
 * Counts rows of features.
 * @example
 * const profile = new Profile(reference);
 * profile.add(reader.read(0));
 * total.merge(Profile.from(reference, JSON.parse(text)));
 */
export class Profile {
  readonly #features: readonly ReferenceFeature[];
  readonly #places: readonly number[];
  readonly #counts: readonly Float64Array[];
  readonly #bounds: readonly Float64Array[];
  readonly #isNumeric: readonly boolean[];
  readonly #missing: Float64Array;
  readonly #sums: Float64Array;
  #rows = 0;

  constructor({ features, places }: Counted) {
    this.#features = features;
    this.#places = places;
    this.#counts = features.map(({ counts }) => new Float64Array(counts.length));
    this.#bounds = features.map((feature) =>
      Float64Array.from(feature.kind === 'numeric' ? feature.edges : feature.categories),
    );
    this.#isNumeric = features.map(({ kind }) => kind === 'numeric');
    this.#missing = new Float64Array(features.length);
    this.#sums = new Float64Array(features.length);
  }

  /** Rows that were added. */
  get rows(): number {
    return this.#rows;
  }

  /** What was counted, by feature. The counts are the profile's own: they go on. */
  get features(): readonly ProfileFeature[] {
    return this.#features.map((feature, i) => ({
      name: feature.name,
      kind: feature.kind,
      bins: {
        ...(feature.kind === 'numeric' && { edges: feature.edges }),
        counts: this.#counts[i] as Float64Array,
      },
      missing: this.#missing[i] as number,
      sum: this.#sums[i] as number,
    }));
  }

  /** @param values what `Features.read` gives: a number for each feature, NaN where there is none */
  add(values: ArrayLike<number>): void {
    ++this.#rows;
    for (let i = 0; i < this.#counts.length; ++i) {
      const value = values[this.#places[i] as number] as number;
      if (value !== value) {
        this.#missing[i] = (this.#missing[i] as number) + 1;
        continue;
      }
      const bounds = this.#bounds[i] as Float64Array;
      const counts = this.#counts[i] as Float64Array;
      const below = placeIn(bounds, value);
      const place = this.#isNumeric[i] || bounds[below] === value ? below : bounds.length;
      counts[place] = (counts[place] as number) + 1;
      const sum = (this.#sums[i] as number) + value;
      if (Number.isFinite(sum)) this.#sums[i] = sum;
    }
  }

  /** Adds the counts of another profile of the same reference. @throws ERR_INVALID_ARGUMENT for one of another */
  merge(other: Profile): void {
    const isSame =
      this.#features === other.#features || this.#features.every((feature, i) => isAlike(feature, other.#features[i]));
    if (!isSame || this.#features.length !== other.#features.length) {
      throw torchError('ERR_INVALID_ARGUMENT', 'Expected a profile of the same reference but received one of another');
    }
    this.#rows += other.#rows;
    for (const [i, counts] of this.#counts.entries()) addTo(counts, other.#counts[i] as Float64Array);
    addTo(this.#missing, other.#missing);
    addTo(this.#sums, other.#sums);
  }

  toJSON(): ProfileJson {
    return {
      rows: this.#rows,
      counts: this.#counts.map((counts) => [...counts.subarray(0, counts.findLastIndex((count) => count > 0) + 1)]),
      missing: [...this.#missing],
      sums: [...this.#sums],
    };
  }

  /**
   * @param reference what the profile was counted by
   * @throws ERR_INVALID_ARGUMENT for what is no profile of it
   */
  static from(reference: Counted, json: unknown): Profile {
    const { features } = reference;
    const { rows, counts, missing, sums } = (json ?? {}) as Partial<ProfileJson>;
    const profile = new Profile(reference);
    const isWhole =
      isCount(rows) &&
      [counts, missing, sums].every((list) => Array.isArray(list) && list.length === features.length) &&
      (missing as readonly unknown[]).every(isCount) &&
      (sums as readonly unknown[]).every((sum) => typeof sum === 'number') &&
      (counts as readonly unknown[]).every((list, i) => {
        const own = profile.#counts[i] as Float64Array;
        return Array.isArray(list) && list.length <= own.length && list.every(isCount);
      }) &&
      (counts as ProfileJson['counts']).every(
        (list, i) => list.reduce((sum, count) => sum + count, (missing as readonly number[])[i] as number) === rows,
      );
    if (!isWhole) {
      throw torchError(
        'ERR_INVALID_ARGUMENT',
        `Expected a profile of ${features.length} features, whose counts add up to its rows, but received another`,
      );
    }
    profile.#rows = rows;
    for (const [i, list] of (counts as ProfileJson['counts']).entries()) profile.#counts[i]?.set(list);
    profile.#missing.set(missing as readonly number[]);
    profile.#sums.set(sums as readonly number[]);
    return profile;
  }
}

/** How many of ascending bounds a value has passed: the place of its bin. One at an edge is left of it, other than in calibrations' `binOf`. */
export function placeIn(bounds: Float64Array, value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bounds[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function addTo(sums: Float64Array, more: Float64Array): void {
  for (let i = 0; i < sums.length; ++i) sums[i] = (sums[i] as number) + (more[i] as number);
}

function isAlike(a: ReferenceFeature, b: ReferenceFeature | undefined): boolean {
  return a.name === b?.name && a.kind === b.kind && a.counts.length === b.counts.length;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= mostRows;
}
