import { expected } from '../../errors.js';
import { checkPair, type Bins } from '../bins.js';
import type { Comparison } from '../drift-test.js';

export type Pair = readonly [reference: Bins, window: Bins];

export function pairOf(reference: Bins, window: Bins): Pair {
  checkPair(reference, window);
  return [reference, window];
}

export function numericPair(reference: Bins, window: Bins): Pair {
  checkPair(reference, window);
  if (reference.edges === undefined) throw expected('edges: this test is of numbers', 'the reference', undefined);
  return [reference, window];
}

export function checkLevel(level: unknown): asserts level is number {
  if (typeof level === 'number' && level > 0 && level < 1) return;
  throw expected('a number above 0 and below 1', 'level', level);
}

/** Thresholds are found to a per mille or so: whether one is passed is what the p-value says. */
export function nullDecides(level: number, { statistic, threshold, pValue }: Comparison): Comparison {
  if (pValue <= level) return { statistic, pValue, threshold: Math.min(threshold, statistic) };
  const above = statistic + Math.max(Math.abs(statistic), 1e-300) * Number.EPSILON;
  return { statistic, pValue, threshold: Math.max(threshold, above) };
}
