import * as check from '../../check.js';
import { expected } from '../../errors.js';
import { numbersOf, sorted } from './values.js';

/**
 * The first Wasserstein distance of two samples: the area between their cumulative shares, in the values' own unit. Equal to
 * `scipy.stats.wasserstein_distance`.
 * @throws ERR_INVALID_ARGUMENT for empty samples, and for what is not finite
 * @example
 * wassersteinDistance([0, 1, 3], [5, 6, 8]); // 5
 */
export function wassersteinDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const first = sorted('a', a);
  const second = sorted('b', b);
  let [i, j, area] = [0, 0, 0];
  let before = Math.min(first[0] as number, second[0] as number);
  while (i < first.length || j < second.length) {
    const value = Math.min(first[i] ?? Infinity, second[j] ?? Infinity);
    area += Math.abs(i / first.length - j / second.length) * (value - before);
    while (first[i] === value) i++;
    while (second[j] === value) j++;
    before = value;
  }
  return area;
}

/**
 * The Wasserstein distance over the standard deviation of the reference, or over 0.001 where that is larger. Equal to
 * Evidently's.
 * @throws ERR_INVALID_ARGUMENT for empty samples, and for what is not finite
 */
export function normedWasserstein(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const values = numbersOf('reference', reference);
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
  return wassersteinDistance(values, numbersOf('current', current)) / Math.max(Math.sqrt(variance), 1e-3);
}

export interface JensenShannonOptions {
  /** Of the logarithm. Default: e. */
  readonly base?: number;
}

/**
 * The Jensen-Shannon distance of two distributions: the root of the divergence. Equal to
 * `scipy.spatial.distance.jensenshannon`.
 * @param p weights, not negative, which need not add up to 1; so is `q`
 * @throws ERR_INVALID_ARGUMENT for other lengths, weights below 0, weights that are all 0, and a base that is not above 1
 * @example
 * jensenShannonDistance([1, 0, 0], [0, 1, 0], { base: 2 }); // 1
 */
export function jensenShannonDistance(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  options: JensenShannonOptions = {},
): number {
  check.options('jensenShannonDistance', options, ['base']);
  const { base = Math.E } = options;
  if (!(typeof base === 'number' && base > 1 && Number.isFinite(base)))
    throw expected('a number above 1', 'base', base);
  const first = sharesOf('p', p);
  const second = sharesOf('q', q);
  check.integer('the length of q', second.length, first.length, first.length);
  let divergence = 0;
  for (const [i, a] of first.entries()) {
    const b = second[i] as number;
    const middle = (a + b) / 2;
    if (a > 0) divergence += a * Math.log(a / middle);
    if (b > 0) divergence += b * Math.log(b / middle);
  }
  return Math.sqrt(Math.max(0, divergence) / Math.log(base) / 2);
}

function sharesOf(name: string, weights: unknown): Float64Array {
  const values = numbersOf(name, weights);
  let sum = 0;
  for (const [i, value] of values.entries()) {
    check.number(`${name}[${i}]`, value, 0, Number.MAX_VALUE);
    sum += value;
  }
  if (sum === 0) throw expected('a weight above 0', name, 0);
  return values.map((value) => value / sum);
}
