/**
 * The null distribution of the Wasserstein distance on counts.
 *
 * Without drift the difference of the two cumulative shares, over √(1/n + 1/m), is about a Brownian bridge at the edges, with
 * the pooled shares of the bins; where few values are expected in a bin, its steps are those of a Poisson count. The distance
 * is the area between it and zero. Its distribution is simulated, always with the same random numbers. Far out, the likeliest
 * way to a large area is that all differences have one sign, when the area is the difference of the means, which is normal:
 * the tail is that normal one, times a factor that is fitted where the simulation still has many paths.
 */
import { totalOf, type Bins } from '../bins.js';
import { normalTail } from '../special/normal.js';
import { normals, uniforms } from '../special/random.js';
import { binomialBetween } from './binomial-range.js';
import type { Work } from '../work.js';

const paths = 4000;
/** The tail is fitted to the paths between these ranks of the largest. */
const [outer, inner] = [60, 800];

/** The area between differences at the edges, which are linear over each bin, and zero. */
export function lengthOf(differences: Float64Array, widths: Float64Array): number {
  let area = 0;
  let before = 0;
  for (let i = 0; i < widths.length; i++) {
    const after = i === widths.length - 1 ? 0 : (differences[i] as number);
    const a = Math.abs(before);
    const b = Math.abs(after);
    // Of one sign: a trapezium. Else two triangles, which meet where the line crosses zero.
    const mean = before * after >= 0 ? (a + b) / 2 : (a * a + b * b) / (2 * (a + b));
    area += (widths[i] as number) * mean;
    before = after;
  }
  return area;
}

export interface Bridge {
  /** Every tenth of the simulated areas, rising. */
  readonly areas: Float64Array;
  /** The largest of them, rising. */
  readonly top: Float64Array;
  /** Deviation of the difference of means. */
  readonly deviation: number;
  /** ln of the tail over the normal one: level and slope, by the area over the deviation. */
  readonly level: number;
  readonly slope: number;
  /** Where the fitted tail begins. */
  readonly joint: number;
}

const known = new WeakMap<object, Map<string, Bridge>>();
const mostKnown = 4;

/**
 * The distribution for this window. Windows of about one size share one, made of the reference's shares, as long as theirs make
 * no difference to them.
 */
export function* bridgeOf(reference: Bins, window: Bins, widths: Float64Array): Work<Bridge> {
  const n = totalOf(window);
  if (!isLike(reference, window)) return yield* simulated(reference, window, n, widths);
  const bridges = known.get(reference.counts) ?? new Map<string, Bridge>();
  known.set(reference.counts, bridges);
  const size = `${Math.round(Math.log(n) * 10)} ${totalOf(reference)}`;
  const found = bridges.get(size);
  if (found !== undefined) return found;
  const none = { counts: new Float64Array(widths.length) };
  const made = yield* simulated(reference, none, n, widths);
  if (bridges.size >= mostKnown) bridges.clear();
  bridges.set(size, made);
  return made;
}

/** Whether the bins' shares of both together are those of the reference, to a twentieth. */
function isLike(reference: Bins, window: Bins): boolean {
  const m = totalOf(reference);
  const all = m + totalOf(window);
  for (let i = 0; i < reference.counts.length; i++) {
    const share = (reference.counts[i] as number) / m;
    const together = ((reference.counts[i] as number) + (window.counts[i] as number)) / all;
    if (Math.abs(together - share) > 0.05 * share) return false;
  }
  return true;
}

function* simulated(reference: Bins, window: Bins, n: number, widths: Float64Array): Work<Bridge> {
  const bins = widths.length;
  const totals = Float64Array.from(widths, (_, i) => (reference.counts[i] as number) + (window.counts[i] as number));
  const all = totals.reduce((sum, total) => sum + total, 0);
  const smaller = Math.min(totalOf(reference), n);
  const random = normals(17);
  const uniform = uniforms(18);
  const steps = Array.from(totals, (total) => stepOf(total / all, smaller, random, uniform));
  const areas = new Float64Array(paths);
  const differences = new Float64Array(bins);
  // The same linear areas without their sign: the difference of the means.
  let variance = 0;
  let mean = 0;
  let position = 0;
  for (let i = 0; i < bins; i++) {
    const middle = position + (widths[i] as number) / 2;
    position += widths[i] as number;
    mean += ((totals[i] as number) / all) * middle;
    variance += ((totals[i] as number) / all) * middle * middle;
  }
  const deviation = Math.sqrt(Math.max(0, variance - mean * mean));
  for (let path = 0; path < paths; path++) {
    let sum = 0;
    for (let i = 0; i < bins; i++) {
      sum += (steps[i] as () => number)();
      differences[i] = sum;
    }
    let share = 0;
    for (let i = 0; i < bins; i++) {
      share += (totals[i] as number) / all;
      differences[i] = (differences[i] as number) - share * sum;
    }
    areas[path] = lengthOf(differences, widths);
    if (path % 16 === 15) yield;
  }
  areas.sort();
  return fit(areas, deviation);
}

/** Where fewer values are expected, a count is not normal enough. */
const fewExpected = 25;

/** Draws what a bin of that share adds to the difference: of deviation √share. */
function stepOf(share: number, n: number, random: () => number, uniform: () => number): () => number {
  const root = Math.sqrt(share);
  const expected = n * share;
  if (share === 0) return () => 0;
  if (expected > fewExpected) return () => root * random();
  // Poisson, as a binomial of many trials; by the inverse of its distribution.
  const { probabilities } = binomialBetween(
    1e9,
    expected / 1e9,
    0,
    Math.ceil(expected + 12 * Math.sqrt(expected) + 24),
  );
  const scale = 1 / Math.sqrt(n);
  return () => {
    let left = uniform();
    let count = 0;
    while (count < probabilities.length && (left -= probabilities[count] as number) > 0) count++;
    return (count - expected) * scale;
  };
}

function fit(areas: Float64Array, deviation: number): Bridge {
  const joint = areas[areas.length - inner] as number;
  if (!(deviation > 0) || joint <= 0) return { areas, top: areas, deviation: 0, level: 0, slope: 0, joint: 0 };
  let [w, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (let rank = outer; rank <= inner; rank += 20) {
    const area = (areas[areas.length - rank] as number) / deviation;
    const log = Math.log(rank / areas.length / (2 * normalTail(area)));
    // The relative error of a share goes with the root of its paths.
    const weight = rank;
    w += weight;
    x += weight * area;
    y += weight * log;
    xx += weight * area * area;
    xy += weight * area * log;
  }
  const slope = (w * xy - x * y) / (w * xx - x * x);
  const level = (y - slope * x) / w;
  const tenth = areas.filter((_, i) => i % 10 === 5);
  const top = areas.slice(-inner);
  return { areas: tenth, top, deviation, level, slope: Number.isFinite(slope) ? slope : 0, joint };
}

/** P(area >= size). */
export function bridgeTail({ areas, top, deviation, level, slope, joint }: Bridge, size: number): number {
  if (size <= 0 || deviation === 0) return 1;
  if (size >= joint) {
    const x = size / deviation;
    // The factor falls to 1, and never below. A few bins with large steps have a longer tail, which the paths have too.
    const fitted = 2 * normalTail(x) * Math.exp(Math.max(0, level + slope * x));
    return Math.min(1, Math.max(fitted, rankOf(top, size) / paths - 2 / paths));
  }
  return rankOf(areas, size) / areas.length;
}

/** How many of the rising areas are at least that large. */
function rankOf(areas: Float64Array, size: number): number {
  let low = 0;
  let high = areas.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((areas[middle] as number) < size) low = middle + 1;
    else high = middle;
  }
  return areas.length - low;
}

export function bridgeThreshold(bridge: Bridge, level: number): number {
  if (bridge.deviation === 0) return 0;
  let low = 0;
  let high = bridge.deviation * 40;
  while (high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    if (bridgeTail(bridge, middle) > level) low = middle;
    else high = middle;
  }
  return high;
}
