/** Thresholds that windows of about one size share: they are made once, not for each window. */
import type { Bins } from '../bins.js';
import type { Pooled } from '../null/pooled.js';
import type { Work } from '../work.js';

/** As many of a reference as there are sizes of windows, about. */
const most = 256;

const known = new WeakMap<object, Map<string, number>>();

/**
 * A threshold that does not depend on n and m but through what they are together with the bins' shares. It is made for a window
 * with the reference's own shares, and kept for windows that are up to 5 % larger or smaller.
 * Of a reference whose values are all in one bin, such a window says nothing of what is new: it is made for the real one.
 * @param make makes it for the pooled counts of such a window
 */
export function* remembered(
  test: string,
  level: number,
  reference: Bins,
  pooled: Pooled,
  make: (usual: Pooled) => Work<number>,
): Work<number> {
  if (filled(reference) < 2) return yield* make(pooled);
  const { n, m } = pooled;
  const sizes = `${test} ${level} ${Math.round(Math.log(n) * 10)} ${m}`;
  const thresholds = known.get(reference.counts) ?? new Map<string, number>();
  known.set(reference.counts, thresholds);
  const found = thresholds.get(sizes);
  if (found !== undefined) return found;
  const made = yield* make(usualWindow(reference, n, m));
  if (thresholds.size >= most) thresholds.clear();
  thresholds.set(sizes, made);
  return made;
}

/** Bins that have values. */
function filled({ counts }: Bins): number {
  return Array.from(counts).filter((count) => count > 0).length;
}

/** The pooled counts of a reference and a window that has its very shares. */
function usualWindow({ counts }: Bins, n: number, m: number): Pooled {
  const kept = Array.from(counts).filter((count) => count > 0);
  const totals = Float64Array.from(kept, (count) => count + Math.round((count * n) / m));
  const all = totals.reduce((sum, total) => sum + total, 0);
  // Rounding must not take all of a small window away.
  const rows = Math.max(1, all - m);
  if (all === m) totals[0] = (totals[0] as number) + 1;
  return { totals, window: totals.map((total, i) => total - (kept[i] as number)), n: rows, m, all: m + rows };
}
