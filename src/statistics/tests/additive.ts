/** Rows of tests whose statistic is a sum over bins, or a rising function of one. */
import type { DriftTest, FeatureKind } from '../drift-test.js';
import { sumOf, sumTail, sumThreshold, type Score } from '../null/additive.js';
import { pool, type Pooled } from '../null/pooled.js';
import { chiSquaredQuantile } from '../special/gamma.js';
import { finish, type Work } from '../work.js';
import { checkLevel, nullDecides, pairOf } from './common.js';
import { remembered } from './remembered.js';

export interface Additive {
  readonly name: string;
  readonly title: string;
  readonly kinds: readonly FeatureKind[];
  readonly numericBins?: number;
  /** What each bin adds. */
  readonly scoreOf: (sizes: Pooled) => Score;
  /** The sum times this is about chi-squared, with a degree of freedom for each bin but one. */
  readonly scale: (sizes: Pooled) => number;
  /** From the sum to what people know, and back. */
  readonly fromSum?: (sum: number) => number;
  readonly toSum?: (statistic: number) => number;
  /** Which bins are taken as one before anything else; as they are, by default. */
  readonly prepare?: (pooled: Pooled) => Pooled;
}

const same = (value: number): number => value;

export function additive({
  scoreOf,
  scale,
  fromSum = same,
  toSum = same,
  prepare = (pooled) => pooled,
  ...row
}: Additive): DriftTest {
  const sum = (pooled: Pooled): number => {
    const score = scoreOf(pooled);
    return pooled.totals.reduce((all, total, i) => all + score(pooled.window[i] as number, total), 0);
  };
  function* threshold(level: number, pooled: Pooled): Work<number> {
    const degrees = Math.max(1, pooled.totals.length - 1);
    const start = chiSquaredQuantile(level, degrees) / scale(pooled);
    return fromSum(yield* sumThreshold(yield* sumOf(pooled, scoreOf(pooled)), level, start));
  }
  return {
    ...row,
    statistic: (reference, window) => fromSum(sum(prepare(pool(...pairOf(reference, window))))),
    pValue: (reference, window) => {
      const pooled = prepare(pool(...pairOf(reference, window)));
      const statistic = fromSum(sum(pooled));
      return finish(tail(pooled, scoreOf(pooled), toSum(statistic)));
    },
    threshold: (level, reference, window) => {
      checkLevel(level);
      return finish(threshold(level, prepare(pool(...pairOf(reference, window)))));
    },
    *compare(level, reference, window) {
      const both = pool(reference, window);
      const pooled = prepare(both);
      const statistic = fromSum(sum(pooled));
      const pValue = yield* tail(pooled, scoreOf(pooled), toSum(statistic));
      // Kept in units that n and m are no longer part of.
      const units = yield* remembered(row.name, level, reference, both, function* (usual) {
        const prepared = prepare(usual);
        return toSum(yield* threshold(level, prepared)) * scale(prepared);
      });
      return nullDecides(level, { statistic, pValue, threshold: fromSum(units / scale(pooled)) });
    },
  };
}

function* tail(pooled: Pooled, score: Score, limit: number): Work<number> {
  return yield* sumTail(yield* sumOf(pooled, score), limit);
}
