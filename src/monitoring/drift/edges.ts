/** Edges that cut values into bins of about equal counts. scripts/export/node_libtorch_export.py does the same, to the bit. */

/** Bins that are aimed at. A value that is as common as a bin gets one of its own, so that there may be twice as many. */
const aimed = 50;
/** How far beyond the lowest and the highest value the outer bins begin, of their distance. */
const margin = 0.05;
/** Where the lowest or highest value is a common one: anything beyond it is something new. */
const tight = 1e-6;

/**
 * @param values finite and ascending
 * @returns ascending edges, at least two; none of them is a value, unless two values have no number between them
 */
export function edgesOf(values: Float64Array): number[] {
  const [low, high] = [values[0] ?? 0, values.at(-1) ?? 0];
  const edges = new Set<number>();
  for (let bin = 1; bin < aimed; ++bin) {
    const at = Math.floor((bin * values.length) / aimed);
    if (at === 0) continue;
    const value = values[at] as number;
    const before = values[at - 1] as number;
    if (before < value) {
      edges.add(between(before, value));
      continue;
    }
    // In the middle of equal values: many of them get a bin of their own, few go to the bin below.
    const first = firstFrom(values, value);
    const last = firstFrom(values, value, true);
    const isCommon = (last - first) * aimed >= values.length;
    if (first > 0 && isCommon) edges.add(between(values[first - 1] as number, value));
    if (last < values.length) edges.add(between(value, values[last] as number));
  }
  const range = high - low;
  const beyond = (value: number, count: number): number => {
    if (range === 0) return tight * Math.max(Math.abs(value), 1);
    return range * (count * aimed >= values.length ? tight : margin);
  };
  const below = beyond(low, firstFrom(values, low, true));
  const above = beyond(high, values.length - firstFrom(values, high));
  edges.add(between(low - 2 * below, low)).add(between(high, high + 2 * above));
  return [...edges].sort((a, b) => a - b);
}

/** Index of the first value that is not below, or with `past` that is above, another. */
function firstFrom(values: Float64Array, value: number, past = false): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = values[middle] as number;
    if (at < value || (past && at === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A decimal number of few digits between two others; the lower one where there is none. */
function between(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  for (let digits = 1; digits <= 17; ++digits) {
    const candidate = Number(middle.toPrecision(digits));
    if (candidate > low && candidate < high) return candidate;
  }
  return low;
}
