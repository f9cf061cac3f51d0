import { totalOf, type Bins } from '../bins.js';
import type { Comparison, DriftTest } from '../drift-test.js';
import { bridgeOf, bridgeTail, bridgeThreshold, lengthOf } from '../null/bridge.js';
import { finish, type Work } from '../work.js';
import { checkLevel, nullDecides, numericPair } from './common.js';

/** The width of each bin. An open one is taken to be as wide as its neighbour: its values are not known. */
function widthsOf(edges: readonly number[]): Float64Array {
  const inner = edges.slice(1).map((edge, i) => edge - (edges[i] as number));
  const first = inner[0] ?? 1;
  return Float64Array.of(first, ...inner, inner.at(-1) ?? 1);
}

/** The reference's standard deviation, its values being spread evenly over their bins. */
function deviationOf({ edges = [], counts }: Bins): number {
  const widths = widthsOf(edges);
  const total = totalOf({ counts });
  let low = (edges[0] as number) - (widths[0] as number);
  const origin = low;
  let mean = 0;
  let square = 0;
  for (let i = 0; i < counts.length; i++) {
    const width = widths[i] as number;
    const middle = low + width / 2 - origin;
    const share = (counts[i] as number) / total;
    mean += share * middle;
    square += share * (middle * middle + (width * width) / 12);
    low += width;
  }
  return Math.sqrt(Math.max(0, square - mean * mean));
}

/** The least that a distance is divided by, as Evidently has it. */
const leastDeviation = 1e-3;
const normOf = (reference: Bins): number => Math.max(deviationOf(reference), leastDeviation);

function distance(reference: Bins, window: Bins): number {
  const n = totalOf(window);
  const m = totalOf(reference);
  const differences = new Float64Array(window.counts.length);
  let sum = 0;
  for (let i = 0; i < differences.length; i++) {
    sum += (window.counts[i] as number) / n - (reference.counts[i] as number) / m;
    differences[i] = sum;
  }
  return lengthOf(differences, widthsOf(reference.edges ?? []));
}

/** What a distance is divided by to be of the same size at any n and m. */
const sizeOf = (reference: Bins, window: Bins): number => Math.sqrt(1 / totalOf(window) + 1 / totalOf(reference));

/**
 * Half of the least that a distance changes by when one value goes to another bin. The simulated distances are of any size,
 * and these are not, which shows where there are few bins.
 */
const halfStep = (reference: Bins, window: Bins, widths: Float64Array): number =>
  (Math.min(...widths) / 2) * (1 / totalOf(window) + 1 / totalOf(reference));

/**
 * The Wasserstein distance over the reference's standard deviation: how far values have moved on average, in deviations.
 * Values are taken to be spread evenly over their bins, and those beyond the outer edges not to be far from them.
 */
export const wasserstein: DriftTest = {
  name: 'wasserstein',
  title: 'Wasserstein distance over the standard deviation',
  kinds: ['numeric'],
  statistic: (reference, window) => distance(...numericPair(reference, window)) / normOf(reference),
  pValue: (reference, window) => finish(compare(0.5, ...numericPair(reference, window))).pValue,
  threshold: (level, reference, window) => {
    checkLevel(level);
    return finish(compare(level, ...numericPair(reference, window))).threshold;
  },
  *compare(level, reference, window) {
    return nullDecides(level, yield* compare(level, reference, window));
  },
};

function* compare(level: number, reference: Bins, window: Bins): Work<Comparison> {
  const widths = widthsOf(reference.edges ?? []);
  const bridge = yield* bridgeOf(reference, window, widths);
  const size = sizeOf(reference, window);
  const norm = normOf(reference);
  const step = halfStep(reference, window, widths);
  const moved = distance(reference, window);
  return {
    statistic: moved / norm,
    pValue: bridgeTail(bridge, (moved - step) / size),
    threshold: (bridgeThreshold(bridge, level) * size + step) / norm,
  };
}
