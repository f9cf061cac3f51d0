/** What a window and its reference are together. Under the null hypothesis only their division is by chance. */
import type { Bins } from '../bins.js';

export interface Pooled {
  /** Bins' totals of both, without the empty ones. */
  readonly totals: Float64Array;
  /** The window's counts, in the same bins. */
  readonly window: Float64Array;
  /** Values of the window, of the reference, and of both. */
  readonly n: number;
  readonly m: number;
  readonly all: number;
}

export function pool(reference: Bins, window: Bins): Pooled {
  const kept: number[] = [];
  let n = 0;
  let m = 0;
  for (let i = 0; i < window.counts.length; i++) {
    const inWindow = window.counts[i] as number;
    const inReference = reference.counts[i] as number;
    n += inWindow;
    m += inReference;
    if (inWindow + inReference > 0) kept.push(i);
  }
  const counts = Float64Array.from(kept, (i) => window.counts[i] as number);
  const totals = Float64Array.from(kept, (i) => (window.counts[i] as number) + (reference.counts[i] as number));
  return { totals, window: counts, n, m, all: n + m };
}
