/**
 * The null distribution of the Kolmogorov-Smirnov statistic on counts, ties and all.
 *
 * Given the totals of the bins, a window that is drawn at random has multivariate hypergeometric counts. Their running sum is
 * a Markov chain: binomial steps, given that they end at the window's size. The statistic stays below d while that sum stays
 * in a band, so its tail is the probability to leave it: dynamic programming over the bins. What leaves is added up by itself,
 * so that small p-values keep their digits.
 */
import { kolmogorovQuantile } from '../special/kolmogorov.js';
import type { Work } from '../work.js';
import { binomialAround, binomialBetween } from './binomial-range.js';
import type { Pooled } from './pooled.js';

/** A step less probable than e^-50 of the likeliest adds nothing to what is asked. */
const depth = 50;
/** The steps of a larger window are too fine to matter. */
const mostRows = 20_000;
/** Below that p-value a bound does. */
const leastExact = 1e-16;

/** The statistic's size apart from n and m: d √(nm / (n + m)), as Kolmogorov has it. */
export const standardised = (d: number, { n, m, all }: Pooled): number => d * Math.sqrt((n / all) * m);

export interface Walk {
  readonly totals: ArrayLike<number>;
  /** The smaller side. */
  readonly n: number;
  readonly all: number;
}

/**
 * What of the pooled counts the distribution depends on.
 * @param most rows on the smaller side, above which the bins' shares are kept, and the sizes are taken down to it
 */
export function walkOf({ totals, n, m, all }: Pooled, most = mostRows): Walk {
  const smaller = Math.min(n, m);
  if (smaller <= most) return { totals, n: smaller, all };
  const factor = most / smaller;
  const scaled = Array.from(totals, (total) => Math.round(total * factor));
  return { totals: scaled, n: most, all: scaled.reduce((sum, total) => sum + total, 0) };
}

/** The sum over the counts from `low` to `high` of their mass times P(the other bins have what is left of the window). */
function leaving(
  mass: Float64Array,
  lowest: number,
  low: number,
  high: number,
  others: number,
  p: number,
  n: number,
): number {
  if (low > high) return 0;
  const rest = binomialBetween(others, p, n - high, n - low).probabilities;
  let sum = 0;
  for (let w = low; w <= high; w++) sum += (mass[w - lowest] as number) * (rest[high - w] as number);
  return sum;
}

/** P(max |F - G| √(nm / (n + m)) >= size). */
export function* walkTail({ totals, n, all }: Walk, size: number): Work<number> {
  if (size <= 0) return 1;
  // Massart's bound; it holds for the statistic on bins a fortiori.
  const bound = 2 * Math.exp(-2 * size * size);
  if (bound < leastExact) return bound;

  const p = n / all;
  // The statistic is |W - T p| all / (n m): a value right on the limit counts as beyond it, rounding aside.
  const half = size * Math.sqrt((n / all) * (all - n)) * (1 - 1e-12);
  const whole = binomialBetween(all, p, n, n).probabilities[0] as number;
  let from = 0;
  let inside: Float64Array = Float64Array.of(1);
  let sum = 0;
  let left = 0;
  for (let j = 0; j < totals.length; j++) {
    const total = totals[j] as number;
    if (total === 0) continue;
    sum += total;
    const step = binomialAround(total, p, depth);
    const steps = step.probabilities;
    const lowest = from + step.from;
    const highest = lowest + inside.length + steps.length - 2;
    const next = new Float64Array(highest - lowest + 1);
    for (let a = 0; a < inside.length; a++) {
      const mass = inside[a] as number;
      if (mass < 1e-40) continue;
      for (let b = 0; b < steps.length; b++) next[a + b] = (next[a + b] as number) + mass * (steps[b] as number);
      if (a % 64 === 63) yield;
    }
    const first = Math.max(Math.floor(sum * p - half) + 1, lowest);
    const last = Math.min(Math.ceil(sum * p + half) - 1, highest);
    // What is beyond the band has left it, if the rest of the bins takes it to the window's size.
    left += leaving(next, lowest, lowest, Math.min(first, highest + 1) - 1, all - sum, p, n);
    left += leaving(next, lowest, Math.max(last, first - 1) + 1, highest, all - sum, p, n);
    if (first > last) break;
    inside = next.subarray(first - lowest, last - lowest + 1);
    from = first;
    yield;
  }
  return Math.min(1, left / whole);
}

/** The size that windows without drift pass in a share of `level`, from above. */
export function* walkThreshold(walk: Walk, level: number): Work<number> {
  // On few bins the statistic is smaller than Kolmogorov's, never larger but for the steps of small windows.
  let high = kolmogorovQuantile(level);
  let highTail = yield* walkTail(walk, high);
  while (highTail > level) {
    high *= 1.1;
    highTail = yield* walkTail(walk, high);
  }
  let low = 0;
  let lowTail = 1;
  // The logarithm of the tail is almost a line in the square of the size.
  for (let i = 0; i < 12 && high - low > 0.003 * high; i++) {
    const share = (Math.log(level) - Math.log(lowTail)) / (Math.log(highTail) - Math.log(lowTail));
    const guess = i % 3 === 2 ? (low + high) / 2 : Math.sqrt(low * low + share * (high * high - low * low));
    const size = Math.min(Math.max(guess * 0.999, low + 0.1 * (high - low)), high - 0.02 * (high - low));
    const tail = yield* walkTail(walk, size);
    if (tail <= level) [high, highTail] = [size, tail];
    else [low, lowTail] = [size, tail];
    if (highTail > 0.95 * level) break;
  }
  return high;
}
