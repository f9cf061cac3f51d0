import * as check from '../../check.js';
import { kolmogorovExactTail } from '../special/kolmogorov-exact.js';
import { sorted } from './values.js';

export interface TestResult {
  readonly statistic: number;
  readonly pValue: number;
}

export interface KsOptions {
  /**
   * `exact`: the distribution over all ways to divide the pooled values, as if none were equal; takes time with the product of
   * both sizes. `asymptotic`: that of one sample of nm / (n + m) values. Default: exact for samples of up to 10,000 values.
   */
  readonly method?: 'exact' | 'asymptotic' | 'auto';
}

const largestExact = 10_000;
/** Exact takes a table of up to n · m steps; beyond that it would take minutes. */
const mostSteps = 4e9;

/**
 * The two-sided Kolmogorov-Smirnov test of two samples, equal to `scipy.stats.ks_2samp`.
 *
 * With ties its p-value is too large; `driftTests.ks` takes them into account.
 * @throws ERR_INVALID_ARGUMENT for empty samples, for what is not finite, and for an exact test of samples that are too large
 * @example
 * ks2Samples([1, 2, 3, 4], [3, 4, 5, 6]); // { statistic: 0.5, pValue: 0.771… }
 */
export function ks2Samples(a: ArrayLike<number>, b: ArrayLike<number>, options: KsOptions = {}): TestResult {
  check.options('ks2Samples', options, ['method']);
  const { method = 'auto' } = options;
  check.oneOf('method', method, ['exact', 'asymptotic', 'auto']);
  const first = sorted('a', a);
  const second = sorted('b', b);
  const n = first.length;
  const m = second.length;
  const exact = method === 'exact' || (method === 'auto' && Math.max(n, m) <= largestExact);
  if (exact) check.number('n · m for an exact test', n * m, 1, mostSteps);
  // In units of 1 / lcm(n, m), so that equality is exact.
  const divisor = greatestCommonDivisor(n, m);
  const steps = largestDifference(first, second) / divisor;
  const statistic = (steps * divisor) / (n * m);
  if (exact) return { statistic, pValue: steps === 0 ? 1 : pathsOutside(n, m, steps * divisor) };
  return { statistic, pValue: kolmogorovExactTail(halfToEven((n * m) / (n + m)), statistic) };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function halfToEven(x: number): number {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below % 2) : Math.round(x);
}

/** max |F - G| · n · m. */
function largestDifference(a: Float64Array, b: Float64Array): number {
  let [i, j, most] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i] as number, b[j] as number);
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    most = Math.max(most, Math.abs(i * b.length - j * a.length));
  }
  return most;
}

/**
 * The share of orders of n values of one sample and m of the other in which the difference reaches the limit. Values are drawn
 * one by one; what reaches it is added up, so that small shares keep their digits.
 */
function pathsOutside(n: number, m: number, limit: number): number {
  // inside[i]: i values of the first n are among those drawn, and the limit was not reached.
  let inside = new Float64Array(n + 2);
  let next = new Float64Array(n + 2);
  inside[0] = 1;
  let [low, high] = [0, 0];
  let outside = 0;
  for (let drawn = 0; drawn < n + m; drawn++) {
    const left = n + m - drawn;
    next.fill(0, low, high + 2);
    for (let i = low; i <= high; i++) {
      const mass = inside[i] as number;
      if (mass === 0) continue;
      const ofFirst = (n - i) / left;
      next[i + 1] = (next[i + 1] as number) + mass * ofFirst;
      next[i] = (next[i] as number) + mass * (1 - ofFirst);
    }
    let [newLow, newHigh] = [high + 1, low];
    for (let i = low; i <= high + 1; i++) {
      if ((next[i] as number) === 0) continue;
      if (Math.abs(i * m - (drawn + 1 - i) * n) >= limit) {
        outside += next[i] as number;
        next[i] = 0;
        continue;
      }
      newLow = Math.min(newLow, i);
      newHigh = Math.max(newHigh, i);
    }
    if (newLow > newHigh) break;
    [inside, next] = [next, inside];
    [low, high] = [newLow, newHigh];
  }
  return Math.min(1, outside);
}
