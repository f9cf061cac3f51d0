/** Counts of a feature's values. They hold no value of anybody, take constant memory and merge exactly. */
import { expected } from '../errors.js';
import * as check from '../check.js';

/**
 * Counts between fixed edges, or of categories.
 * - Numeric: `edges` rise; there is one bin below the first, one above the last and one between each two, so
 *   `counts.length` is `edges.length + 1`. On which side of an edge its own value counts does not matter, as long as it is
 *   the same for the reference and for every window.
 * - Categorical: no `edges`; one count for each category, in an order that is the reference's.
 */
export interface Bins {
  readonly edges?: readonly number[];
  readonly counts: ArrayLike<number>;
}

/** More bins than that are a mistake, and would cost more than they tell. */
const maxBins = 65_536;

/** The number of values in the bins. */
export function totalOf(bins: Bins): number {
  let total = 0;
  for (let i = 0; i < bins.counts.length; i++) total += bins.counts[i] as number;
  return total;
}

/**
 * The counts of two parts of the same feature together, such as of two processes. Exact, and in any order the same.
 * @throws ERR_INVALID_ARGUMENT when the bins are not those of one feature
 * @example
 * mergeBins({ edges: [0], counts: [1, 2] }, { edges: [0], counts: [3, 4] }); // { edges: [0], counts: [4, 6] }
 */
export function mergeBins(a: Bins, b: Bins): Bins {
  checkAlike(a, b, 'a', 'b');
  const counts = Array.from(a.counts, (count, i) => count + (b.counts[i] as number));
  return a.edges === undefined ? { counts } : { edges: a.edges, counts };
}

interface Coarse {
  readonly total: number;
  readonly most: number;
  /** The bins that end a group. */
  readonly ends: readonly number[];
  readonly reference: Bins;
}

/** What was made of a reference last: every window has the same. */
const coarseOf = new WeakMap<object, Coarse>();

/**
 * Neighbouring bins taken together, so that `most` are left, of about equal shares of the reference. For what depends on the
 * number of bins, such as PSI.
 */
export function coarse(reference: Bins, window: Bins, most: number): [reference: Bins, window: Bins] {
  const { edges, counts } = reference;
  if (edges === undefined || counts.length <= most) return [reference, window];
  const total = totalOf(reference);
  let made = coarseOf.get(counts);
  if (made?.most !== most || made.total !== total) {
    const ends = endsOf(counts, total, most);
    made = { total, most, ends, reference: grouped(reference, ends) };
    coarseOf.set(counts, made);
  }
  return [made.reference, grouped(window, made.ends)];
}

function endsOf(counts: ArrayLike<number>, total: number, most: number): number[] {
  const ends: number[] = [];
  let sum = 0;
  let next = 1;
  for (let i = 0; i < counts.length - 1; i++) {
    sum += counts[i] as number;
    if (sum * most < next * total) continue;
    ends.push(i);
    // A bin may hold several shares by itself.
    next = Math.floor((sum * most) / total) + 1;
  }
  // Nearly all is in the last bin: it is left alone.
  return ends.length > 0 ? ends : [counts.length - 2];
}

function grouped({ edges = [], counts }: Bins, ends: readonly number[]): Bins {
  const merged = new Array<number>(ends.length + 1).fill(0);
  let group = 0;
  for (let i = 0; i < counts.length; i++) {
    merged[group] = (merged[group] as number) + (counts[i] as number);
    if (i === ends[group]) group++;
  }
  return { edges: ends.map((i) => edges[i] as number), counts: merged };
}

/** A reference and a window that can be compared: bins of one feature, and at least one value in each. */
export function checkPair(reference: Bins, window: Bins): void {
  checkAlike(reference, window);
  for (const [name, bins] of [['the reference', reference] as const, ['the window', window] as const]) {
    if (totalOf(bins) === 0) throw expected('at least one value', name, 0);
  }
}

function checkBins(name: string, bins: unknown): asserts bins is Bins {
  check.object(name, bins);
  const { counts, edges } = bins as Partial<Bins>;
  if (!isNumbers(counts) || counts.length === 0 || counts.length > maxBins) {
    throw expected(`1 to ${maxBins} counts`, `counts of ${name}`, counts);
  }
  for (let i = 0; i < counts.length; i++) check.integer(`counts[${i}] of ${name}`, counts[i], 0, 2 ** 48);
  if (edges === undefined) return;
  if (!Array.isArray(edges) || edges.length !== counts.length - 1 || edges.length === 0) {
    throw expected(`${counts.length - 1} edges, and at least one`, `edges of ${name}`, edges);
  }
  for (let i = 0; i < edges.length; i++) {
    const edge: unknown = edges[i];
    if (typeof edge === 'number' && Number.isFinite(edge) && (i === 0 || edge > (edges[i - 1] as number))) continue;
    throw expected('a finite number above the one before', `edges[${i}] of ${name}`, edge);
  }
}

/** Bins of one feature: the same edges, or the same categories. */
export function checkAlike(a: Bins, b: Bins, nameOfA = 'the reference', nameOfB = 'the window'): void {
  checkBins(nameOfA, a);
  checkBins(nameOfB, b);
  if (a.counts.length !== b.counts.length) {
    throw expected(`${a.counts.length} counts, as ${nameOfA} has`, nameOfB, b.counts.length);
  }
  const same = a.edges === b.edges || (a.edges?.every((edge, i) => edge === b.edges?.[i]) ?? false);
  if (!same) throw expected(`the edges of ${nameOfA}`, nameOfB, b.edges);
}

/** An array or a typed array of numbers. */
export function isNumbers(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
