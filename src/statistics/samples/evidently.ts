/** Distances of two samples that are put into bins as Evidently 0.7 does it. */
import * as check from '../../check.js';
import { expected } from '../../errors.js';
import { emptyShare, psiTerm } from '../tests/psi.js';
import { jensenShannonDistance } from './distances.js';
import { numbersOf } from './values.js';

/** A sample of numbers, or of categories: numbers or names. */
export type Sample = ArrayLike<number> | readonly string[];

export interface BinningOptions {
  /** Whether numbers are categories. Default: `numeric`, and `categorical` for names. */
  readonly kind?: 'numeric' | 'categorical';
  /** How many bins of equal width there are over the range of both samples. Default: by Sturges' rule, as in Evidently. */
  readonly bins?: number;
}

/** A numeric reference of that many different values or fewer is compared value by value. */
const fewValues = 20;

/**
 * Population stability index of two samples. Equal to Evidently's: bins by Sturges' rule over the range of both, each value
 * its own bin where the reference has at most 20 of them, and empty bins as 0.0001 (or a millionth of the least share,
 * where that is at most 0.0001).
 * @throws ERR_INVALID_ARGUMENT for empty samples, and for numbers that are not finite
 * @example
 * psi(['a', 'a', 'b', 'b'], ['a', 'b', 'b', 'b']); // 0.2746…
 */
export function psi(reference: Sample, current: Sample, options: BinningOptions = {}): number {
  const [p, q] = binned('psi', reference, current, options).map(withoutZeros) as [number[], number[]];
  return p.reduce((sum, share, i) => sum + psiTerm(share, q[i] as number), 0);
}

/**
 * Jensen-Shannon distance of two samples, in nats. Equal to Evidently's: in the bins of `psi`, with empty ones as they are.
 * @throws ERR_INVALID_ARGUMENT for empty samples, and for numbers that are not finite
 */
export function jensenShannonOfSamples(reference: Sample, current: Sample, options: BinningOptions = {}): number {
  return jensenShannonDistance(...binned('jensenShannonOfSamples', reference, current, options));
}

function withoutZeros(shares: readonly number[]): number[] {
  const least = shares.reduce((min, share) => (share > 0 && share < min ? share : min), Infinity);
  const filling = least <= emptyShare ? least / 1e6 : emptyShare;
  return shares.map((share) => (share === 0 ? filling : share));
}

function binned(where: string, a: Sample, b: Sample, options: BinningOptions): [number[], number[]] {
  check.options(where, options, ['kind', 'bins']);
  const names = isNames(a) && isNames(b);
  const { kind = names ? 'categorical' : 'numeric', bins } = options;
  check.oneOf('kind', kind, ['numeric', 'categorical']);
  if (bins !== undefined) check.integer('bins', bins, 1, 65_536);
  if (names) {
    if (kind === 'numeric') throw expected('numbers for the kind numeric', 'reference', a);
    return byValue(a, b);
  }
  const reference = numbersOf('reference', a);
  const current = numbersOf('current', b);
  if (kind === 'categorical' || new Set(reference).size <= fewValues) return byValue(reference, current);
  const edges = edgesOf(reference, current, bins);
  return [sharesOf(reference, edges), sharesOf(current, edges)];
}

const isNames = (sample: unknown): sample is readonly string[] =>
  Array.isArray(sample) && sample.length > 0 && sample.every((value) => typeof value === 'string');

function byValue<T>(a: Iterable<T> & ArrayLike<T>, b: Iterable<T> & ArrayLike<T>): [number[], number[]] {
  const places = new Map<T, number>();
  for (const value of [...a, ...b]) if (!places.has(value)) places.set(value, places.size);
  const shares = (sample: Iterable<T> & ArrayLike<T>): number[] => {
    const counts = new Array<number>(places.size).fill(0);
    for (const value of sample)
      counts[places.get(value) as number] = (counts[places.get(value) as number] as number) + 1;
    return counts.map((count) => count / sample.length);
  };
  return [shares(a), shares(b)];
}

/** numpy.histogram_bin_edges, by its own arithmetic: a value right at an edge must come into the same bin. */
function edgesOf(a: Float64Array, b: Float64Array, bins: number | undefined): Float64Array {
  let [low, high] = [Infinity, -Infinity];
  for (const sample of [a, b]) {
    for (const value of sample) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  // A reference of more than one value has a range: it is not 0 here.
  const width = (high - low) / (Math.log2(a.length + b.length) + 1);
  const count = bins ?? Math.ceil((high - low) / width);
  const step = (high - low) / count;
  const edges = Float64Array.from({ length: count + 1 }, (_, i) => i * step + low);
  edges[count] = high;
  return edges;
}

/** Shares of the values from each edge to below the next; the last bin has its upper edge too. */
function sharesOf(sample: Float64Array, edges: Float64Array): number[] {
  const counts = new Array<number>(edges.length - 1).fill(0);
  for (const value of sample) {
    let [low, high] = [0, counts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (value >= (edges[middle] as number)) low = middle;
      else high = middle - 1;
    }
    counts[low] = (counts[low] as number) + 1;
  }
  return counts.map((count) => count / sample.length);
}
