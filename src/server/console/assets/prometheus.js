/** Measurements in the text format of Prometheus 0.0.4, and what can be computed of two of them. No DOM. */

/** @typedef {{ name: string, labels: Record<string, string>, value: number }} Sample */

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+([^\s]+)(?:\s+-?\d+)?\s*$/;
const label = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?/y;
const escapes = { n: '\n', '\\': '\\', '"': '"' };

/** @param {string} text @returns {Sample[]} lines of no such form are left out */
export function parseMetrics(text) {
  const samples = [];
  for (const each of text.split('\n')) {
    if (each === '' || each[0] === '#') continue;
    const [, name, labels = '', value] = line.exec(each) ?? [];
    if (name) samples.push({ name, labels: labelsOf(labels), value: numberOf(value) });
  }
  return samples;
}

function labelsOf(text) {
  const labels = {};
  label.lastIndex = 0;
  for (let match; (match = label.exec(text));) {
    labels[match[1]] = match[2].replace(/\\(.)/g, (whole, sign) => escapes[sign] ?? whole);
  }
  return labels;
}

function numberOf(text) {
  if (/^[+-]?Inf$/i.test(text)) return text[0] === '-' ? -Infinity : Infinity;
  return Number(text);
}

/** The measurement of a name without its prefix: `node_libtorch_batch_rows` is `batch_rows`. */
const isNamed = (name, wanted) => name === wanted || name === `node_libtorch_${wanted}`;

/** Sum over all samples of a name whose labels pass. @param {Sample[]} samples */
export function total(samples, wanted, passes = () => true) {
  let sum = 0;
  for (const { name, labels, value } of samples) if (isNamed(name, wanted) && passes(labels)) sum += value;
  return sum;
}

/** The greatest sample of a name; NaN without one. */
export function greatest(samples, wanted) {
  let most = NaN;
  for (const { name, value } of samples) if (isNamed(name, wanted) && !(value <= most)) most = value;
  return most;
}

/**
 * A histogram, summed over all of its series whose labels pass: how many are at most each bound.
 * @returns {{ bounds: number[], counts: number[], sum: number, count: number }} counts are cumulative
 */
export function histogram(samples, wanted, passes = () => true) {
  const byBound = new Map();
  for (const { name, labels, value } of samples) {
    if (!isNamed(name, `${wanted}_bucket`) || !passes(labels)) continue;
    const bound = numberOf(labels.le ?? '');
    byBound.set(bound, (byBound.get(bound) ?? 0) + value);
  }
  const bounds = [...byBound.keys()].sort((a, b) => a - b);
  return {
    bounds,
    counts: bounds.map((bound) => byBound.get(bound)),
    sum: total(samples, `${wanted}_sum`, passes),
    count: total(samples, `${wanted}_count`, passes),
  };
}

/** What came between two measurements. A counter that has gone back began anew: all of the later one counts. */
export function since(earlier, later) {
  const before = new Map(earlier.bounds.map((bound, i) => [bound, earlier.counts[i]]));
  const isReset = later.count < earlier.count;
  const less = (a, b) => (isReset ? a : a - (b ?? 0));
  return {
    bounds: later.bounds,
    counts: later.bounds.map((bound, i) => less(later.counts[i], before.get(bound))),
    sum: less(later.sum, earlier.sum),
    count: less(later.count, earlier.count),
  };
}

/**
 * A quantile of a histogram, linear within its bucket, as PromQL's histogram_quantile: NaN without anything in it, the last finite
 * bound for what is beyond it.
 * @param {number} share from 0 to 1
 */
export function quantile({ bounds, counts }, share) {
  const all = counts.at(-1) ?? 0;
  if (all <= 0) return NaN;
  const rank = share * all;
  const at = counts.findIndex((count) => count >= rank);
  if (bounds[at] === Infinity) return bounds[at - 1] ?? NaN;
  const [from, below] = at === 0 ? [Math.min(0, bounds[0]), 0] : [bounds[at - 1], counts[at - 1]];
  const within = counts[at] - below;
  return within <= 0 ? bounds[at] : from + ((bounds[at] - from) * (rank - below)) / within;
}
