/**
 * The bin of a value: 0 below the first edge, `edges.length` from the last one on. Few edges: a walk beats a search.
 *
 * A value at an edge is right of it, so that a confidence of exactly 1 may have the last bin for itself. Statistics of drift
 * take it the other way (`placeIn` in drift/profile.ts): theirs are cumulative counts, P(X <= edge). Both are stored in records,
 * each with its own edges, and no count goes from one to the other.
 */
export function binOf(edges: ArrayLike<number>, value: number): number {
  const { length } = edges;
  if (length <= 16) {
    let bin = 0;
    while (bin < length && value >= (edges[bin] as number)) bin++;
    return bin;
  }
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value >= (edges[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Edges that part the values into bins of about equal numbers, unique and ascending; fewer where values repeat. */
export function quantileEdges(values: ArrayLike<number>, bins: number): number[] {
  const sorted = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const edges: number[] = [];
  const { length } = sorted;
  for (let cut = 1; cut < bins && length > 0; cut++) {
    const at = Math.floor((cut * length) / bins);
    const edge = sorted[at] as number;
    if (edge > (sorted[0] as number) && edge > (edges.at(-1) ?? -Infinity)) edges.push(edge);
  }
  return edges;
}
