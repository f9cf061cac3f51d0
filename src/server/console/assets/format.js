/** Numbers, times and sizes as people read them. No DOM. */

const whole = new Intl.NumberFormat('en');

/** With thousands separated. */
export function count(value) {
  return Number.isFinite(value) ? whole.format(Math.round(value)) : '–';
}

/** Three digits that matter: 0.0312, 3.14, 1,234. */
export function short(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e6) return value.toExponential(2);
  if (size >= 100 || value === 0) return whole.format(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

/** A share of 1: 99.8 %, and never 100 % for what is less. */
export function percent(share) {
  if (!Number.isFinite(share)) return '–';
  const text = (share * 100).toFixed(1);
  if (text === '100.0' && share < 1) return '> 99.9 %';
  if (text === '0.0' && share > 0) return '< 0.1 %';
  return `${text} %`;
}

/** Of milliseconds. */
export function duration(ms) {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 1) return `${short(ms * 1000)} µs`;
  if (ms < 1000) return `${short(ms)} ms`;
  if (ms < 120_000) return `${short(ms / 1000)} s`;
  return `${short(ms / 60_000)} min`;
}

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(value) {
  if (!Number.isFinite(value)) return '–';
  let unit = 0;
  for (; value >= 1024 && unit < sizes.length - 1; unit++) value /= 1024;
  return `${short(value)} ${sizes[unit]}`;
}

/** A date and a time of the reader's place, of an ISO text or milliseconds. */
export function moment(given) {
  const date = new Date(given);
  return Number.isNaN(date.getTime())
    ? String(given)
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

export function clock(ms) {
  return new Date(ms).toLocaleTimeString(undefined, { hour12: false });
}

/** `FP32 [?, 784]`. */
export function tensorText({ datatype, shape, range }) {
  const sides = shape.map((side) => (side < 0 ? '?' : side)).join(', ');
  const within = range ? ` from ${short(range[0])} to ${short(range[1])}` : '';
  return `${datatype || 'any'} [${sides}]${within}`;
}
