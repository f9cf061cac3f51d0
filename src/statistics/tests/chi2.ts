import type { Pooled } from '../null/pooled.js';
import { additive } from './additive.js';

/** Categories of which a window is expected to have less than that are taken as one. */
const leastExpected = 1;

/**
 * Rare categories together. By the totals of both sides alone, so that the null distribution given them still holds. They are
 * not put to a frequent one: what is new, and comes often, would drown there.
 */
function together(pooled: Pooled): Pooled {
  const { totals, window, n, all } = pooled;
  const rare = (total: number) => (total * n) / all < leastExpected;
  if (totals.filter(rare).length < 2) return pooled;
  const kept = [...totals.keys()].filter((i) => !rare(totals[i] as number));
  const sumOf = (counts: Float64Array) =>
    counts.reduce((sum, count, i) => (rare(totals[i] as number) ? sum + count : sum), 0);
  const merged = (counts: Float64Array) => Float64Array.of(...kept.map((i) => counts[i] as number), sumOf(counts));
  return { ...pooled, totals: merged(totals), window: merged(window) };
}

/** Pearson's chi-squared test of the two rows of counts: sees a change of any category that is not rare. */
export const chi2 = additive({
  name: 'chi2',
  title: 'chi-squared',
  kinds: ['categorical', 'numeric'],
  scoreOf:
    ({ n, m, all }) =>
    (inWindow, total) => {
      const expected = (total * n) / all;
      // (o - e)² / e in the window, and the same difference over the reference's own expectation.
      return (inWindow - expected) ** 2 * (1 / expected + all / (total * m));
    },
  scale: () => 1,
  prepare: together,
});
