import type { Bins } from '../bins.js';
import type { DriftTest } from '../drift-test.js';
import { pool, type Pooled } from '../null/pooled.js';
import { standardised, walkOf, walkTail, walkThreshold } from '../null/walk.js';
import { kolmogorovTail } from '../special/kolmogorov.js';
import { normalTail } from '../special/normal.js';
import { finish } from '../work.js';
import { checkLevel, nullDecides, numericPair } from './common.js';
import { remembered } from './remembered.js';

/** The largest difference of the two cumulative shares, at the edges. */
function distance({ totals, window, n, m, all }: Pooled): number {
  let windowSum = 0;
  let sum = 0;
  let most = 0;
  for (let i = 0; i < totals.length; i++) {
    windowSum += window[i] as number;
    sum += totals[i] as number;
    most = Math.max(most, Math.abs(windowSum * all - sum * n));
  }
  return most / n / m;
}

/** No more than the exact tail, about: that of one edge alone, the one nearest to the middle. Where a bin has nearly all it is far less. */
function leastTail({ totals, all }: Pooled, size: number): number {
  let sum = 0;
  let most = 0;
  for (const total of totals) {
    sum += total / all;
    most = Math.max(most, sum * (1 - sum));
  }
  return most > 0 ? 2 * normalTail(size / Math.sqrt(most)) : 1;
}

/** A threshold that is shown beside a p-value may be a per cent off: it is made at a smaller size. */
const shownRows = 400;

/** Kolmogorov-Smirnov: sees shifts of the bulk of a distribution best, and little of its far tails. */
export const ks: DriftTest = {
  name: 'ks',
  title: 'Kolmogorov-Smirnov',
  kinds: ['numeric'],
  statistic: (reference, window) => distance(pool(...numericPair(reference, window))),
  pValue: (reference, window) => {
    const pooled = pool(...numericPair(reference, window));
    return finish(walkTail(walkOf(pooled), standardised(distance(pooled), pooled)));
  },
  threshold: (level, reference, window) => {
    checkLevel(level);
    const pooled = pool(...numericPair(reference, window));
    return finish(walkThreshold(walkOf(pooled), level)) / standardised(1, pooled);
  },
  *compare(level: number, reference: Bins, window: Bins) {
    const pooled = pool(reference, window);
    const statistic = distance(pooled);
    const size = standardised(statistic, pooled);
    // Kolmogorov's own tail is above the exact one, and does for what is far from any limit.
    const isFar = leastTail(pooled, size) > Math.max(0.05, 20 * level);
    const pValue = isFar ? kolmogorovTail(size) : yield* walkTail(walkOf(pooled), size);
    const threshold = yield* remembered('ks', level, reference, pooled, (usual) =>
      // What is new in a window of a constant reference may be a few rows: at a smaller size none of them would be left.
      walkThreshold(walkOf(usual, usual === pooled ? undefined : shownRows), level),
    );
    return nullDecides(level, { statistic, threshold: threshold / standardised(1, pooled), pValue });
  },
};
