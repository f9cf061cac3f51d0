/** The q-quantile of numbers that are sorted already; nearest rank. */
export function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

/** p50, p95, p99, p99.9 and the maximum of numbers in any order. */
export function percentiles(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (q) => (sorted.length > 0 ? rounded(quantile(sorted, q)) : null);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), p999: at(0.999), max: at(1) };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Five significant digits: finer than any of these measurements. */
export function rounded(value) {
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : null;
}

/** Median, least and greatest of one number over repeats. */
export function spread(values) {
  const known = values.filter((value) => typeof value === 'number' && Number.isFinite(value));
  if (known.length === 0) return null;
  return { median: rounded(median(known)), min: rounded(Math.min(...known)), max: rounded(Math.max(...known)) };
}

/** The spread of every number that the repeats have in common. */
export function spreads(repeats) {
  const names = Object.keys(repeats[0] ?? {}).filter((name) => typeof repeats[0][name] === 'number');
  return Object.fromEntries(names.map((name) => [name, spread(repeats.map((repeat) => repeat[name]))]));
}
