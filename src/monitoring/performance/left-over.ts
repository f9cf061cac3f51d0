import type { Work } from '../../statistics/index.js';

/** Rows of a window that should be distributed as some held-out ones. */
export interface Stratum {
  /** Rows of the window. */
  readonly rows: number;
  /** How they should be distributed: a mixture of what was found on so many held-out rows. */
  readonly parts: readonly { readonly weight: number; readonly rows: number; readonly shares: Float64Array }[];
}

/** What strata do not explain of a window's counts. */
export interface LeftOver {
  /** How many standard deviations it lies above what chance leaves, both samples counted. */
  readonly surprise: number;
  /** Share of rows that would have to be elsewhere, beyond what chance leaves. */
  readonly size: number;
}

/** Bins are joined until each is known this well: expected count squared over its variance. */
const leastKnown = 5;
const nothing: LeftOver = { surprise: 0, size: 0 };

/**
 * Compares counts with what the strata expect: a quadratic form of the differences by their covariance, which has that of the
 * held-out rows in it. It follows chi-squared where the rows are alike; Wilson and Hilferty (1931) make a normal deviate of it.
 */
export function* leftOver(counts: ArrayLike<number>, strata: readonly Stratum[]): Work<LeftOver> {
  const { length } = counts;
  const expected = new Float64Array(length);
  const covariance = Array.from({ length }, () => new Float64Array(length));
  for (const { rows, parts } of strata) {
    if (rows === 0) continue;
    yield;
    const mixture = new Float64Array(length);
    for (const { weight, shares } of parts) {
      for (let bin = 0; bin < length; bin++) mixture[bin] = (mixture[bin] as number) + weight * (shares[bin] as number);
    }
    for (let bin = 0; bin < length; bin++) expected[bin] = (expected[bin] as number) + rows * (mixture[bin] as number);
    multinomial(covariance, mixture, rows);
    for (const part of parts) multinomial(covariance, part.shares, (rows * part.weight) ** 2 / part.rows);
  }
  const joined = join(expected, covariance);
  const places = (joined.at(-1) ?? -1) + 1;
  if (places < 2) return nothing;
  const differences = new Float64Array(places);
  const joint = Array.from({ length: places }, () => new Float64Array(places));
  let total = 0;
  for (let i = 0; i < length; i++) {
    const place = joined[i] as number;
    total += counts[i] as number;
    differences[place] = (differences[place] as number) + (counts[i] as number) - (expected[i] as number);
    const line = joint[place] as Float64Array;
    for (let j = 0; j < length; j++) {
      const other = joined[j] as number;
      line[other] = (line[other] as number) + ((covariance[i] as Float64Array)[j] as number);
    }
  }
  let size = 0;
  for (let i = 0; i < places; i++) {
    // The mean of a normal variable's absolute value is what chance leaves.
    const chance = Math.sqrt((2 / Math.PI) * ((joint[i] as Float64Array)[i] as number));
    size += Math.max(0, Math.abs(differences[i] as number) - chance);
  }
  const degrees = places - 1;
  const statistic = quadraticForm(differences, joint, degrees);
  const spread = 2 / (9 * degrees);
  return { surprise: (Math.cbrt(statistic / degrees) - 1 + spread) / Math.sqrt(spread), size: size / 2 / total };
}

function multinomial(covariance: readonly Float64Array[], shares: Float64Array, factor: number): void {
  if (!(factor > 0)) return;
  for (let i = 0; i < shares.length; i++) {
    const share = factor * (shares[i] as number);
    if (share === 0) continue;
    const line = covariance[i] as Float64Array;
    line[i] = (line[i] as number) + share;
    for (let j = 0; j < shares.length; j++) line[j] = (line[j] as number) - share * (shares[j] as number);
  }
}

/** For each bin the place that it is joined into. */
function join(expected: Float64Array, covariance: readonly Float64Array[]): number[] {
  const joined: number[] = [];
  let place = 0;
  let from = 0;
  for (let bin = 0; bin < expected.length; bin++) {
    joined.push(place);
    if (!isKnown(expected, covariance, from, bin)) continue;
    place++;
    from = bin + 1;
  }
  // The rest goes to the last one that is known.
  return joined.map((at) => (at === place && place > 0 ? place - 1 : at));
}

function isKnown(expected: Float64Array, covariance: readonly Float64Array[], from: number, to: number): boolean {
  let sum = 0;
  let variance = 0;
  for (let i = from; i <= to; i++) {
    sum += expected[i] as number;
    for (let j = from; j <= to; j++) variance += (covariance[i] as Float64Array)[j] as number;
  }
  return sum > 0 && sum * sum >= leastKnown * variance;
}

/** By Cholesky's decomposition of the first `size` lines: the last one says nothing more. */
function quadraticForm(differences: Float64Array, matrix: readonly Float64Array[], size: number): number {
  const lower = Array.from({ length: size }, () => new Float64Array(size));
  const solved = new Float64Array(size);
  let form = 0;
  for (let i = 0; i < size; i++) {
    const line = lower[i] as Float64Array;
    for (let j = 0; j <= i; j++) {
      const other = lower[j] as Float64Array;
      let rest = (matrix[i] as Float64Array)[j] as number;
      for (let k = 0; k < j; k++) rest -= (line[k] as number) * (other[k] as number);
      line[j] = i === j ? Math.sqrt(Math.max(rest, 1e-9)) : rest / (other[j] as number);
    }
    let rest = differences[i] as number;
    for (let k = 0; k < i; k++) rest -= (line[k] as number) * (solved[k] as number);
    solved[i] = rest / (line[i] as number);
    form += (solved[i] as number) ** 2;
  }
  return form;
}
