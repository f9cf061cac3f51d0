// Draws windows out of a pool of rows, for false-alarms.mjs and its tests.

import { uniforms } from '#dist/statistics/special/random.js';

const bins = 48;
const mostOfOneReference = 20;

/**
 * Rows in an order by chance: the first are windows, one behind the other, and what is behind them is their reference,
 * whose quantiles are the edges. So each window and its reference are parts of one population, divided by chance.
 */
export class Draw {
  #features;
  #rows;
  #order;
  #uniform;
  #windows = [];
  #reference;
  #placed;

  constructor(features, seed) {
    this.#rows = features[0].values.length;
    this.#uniform = uniforms(seed);
    this.#order = Uint32Array.from({ length: this.#rows }, (_, i) => i);
    this.#features = features;
  }

  /**
   * A window of n rows and its reference, as profiles of these features; of all of them by default. The same n and names in
   * every call.
   */
  profiles(n, names = this.#features.map(({ name }) => name)) {
    const features = this.#features.filter(({ name }) => names.includes(name));
    if (this.#windows.length === 0) this.#begin(n, features);
    const rows = this.#windows.pop();
    const window = { rows: n, features: features.map((feature, i) => this.#count(feature, this.#placed[i], rows)) };
    return { reference: this.#reference, window };
  }

  #begin(n, features) {
    const order = this.#order;
    for (let i = order.length - 1; i > 0; i--) {
      const other = Math.floor(this.#uniform() * (i + 1));
      [order[i], order[other]] = [order[other], order[i]];
    }
    const windows = Math.max(1, Math.min(mostOfOneReference, Math.floor(this.#rows / 2 / n)));
    this.#windows = Array.from({ length: windows }, (_, i) => order.slice(i * n, (i + 1) * n));
    const rest = order.slice(windows * n);
    this.#placed = features.map((feature) => (feature.kind === 'numeric' ? edgesOf(feature, rest) : undefined));
    const counted = features.map((feature, i) => this.#count(feature, this.#placed[i], rest));
    this.#reference = { rows: rest.length, features: counted };
  }

  #count({ name, kind, values, categories }, edges, rows) {
    const counts = new Float64Array(edges === undefined ? categories : edges.length + 1);
    let missing = 0;
    for (const row of rows) {
      const value = values[row];
      if (Number.isNaN(value)) missing++;
      else counts[edges === undefined ? value : binOf(edges, value)]++;
    }
    return { name, kind, bins: edges === undefined ? { counts } : { edges, counts }, missing };
  }
}

/** The number of edges below the value. */
function binOf(edges, value) {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The quantiles, each once. */
function edgesOf({ values }, rows) {
  const sorted = Float64Array.from(rows, (row) => values[row])
    .filter((value) => !Number.isNaN(value))
    .sort();
  const at = (i) => sorted[Math.ceil((i * sorted.length) / bins) - 1];
  return [...new Set(Array.from({ length: bins - 1 }, (_, i) => at(i + 1)))];
}
