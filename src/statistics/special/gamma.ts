/** The gamma function and what follows from it, to about 1e-14. */

/** Lanczos' coefficients for g = 607/128, as published by P. Godfrey (2001). */
const lanczos = [
  0.9999999999999971, 57.15623566586292, -59.59796035547549, 14.136097974741746, -0.4919138160976202,
  3.399464998481189e-5, 4.652362892704858e-5, -9.837447530487956e-5, 0.0001580887032249125, -0.00021026444172410488,
  0.00021743961811521265, -0.0001643181065367639, 8.441822398385275e-5, -2.6190838401581408e-5, 3.6899182659531625e-6,
];

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x > 1e5) {
    // Stirling: the next term is below the precision of a double.
    return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
  }
  let sum = lanczos[0] as number;
  for (let i = 1; i < lanczos.length; i++) sum += (lanczos[i] as number) / (x - 1 + i);
  const t = x - 1 + 607 / 128 + 0.5;
  return (x - 0.5) * Math.log(t) - t + Math.log(Math.sqrt(2 * Math.PI) * sum);
}

const tiny = 1e-300;
const terms = 100_000;

/**
 * Q(a, x) = Γ(a, x) / Γ(a), the upper regularised incomplete gamma function, for a > 0 and x >= 0. By its series below
 * a + 1 and by Lentz's continued fraction above, where small values keep their relative precision.
 */
export function gammaQ(a: number, x: number): number {
  if (x <= 0) return 1;
  if (x === Infinity) return 0;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let i = 1; i < terms && term > sum * 1e-17; i++) {
      term *= x / (a + i);
      sum += term;
    }
    return 1 - front * sum;
  }
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let value = d;
  for (let i = 1; i < terms; i++) {
    const an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (Math.abs(d) < tiny) d = tiny;
    c = b + an / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return front * value;
}

/** P(X >= x) of the chi-squared distribution. */
export const chiSquaredTail = (x: number, degrees: number): number => gammaQ(degrees / 2, x / 2);

/** ln n! - (ln of Stirling's formula), after C. Loader, "Fast and accurate computation of binomial probabilities" (2000). */
function stirlingError(n: number): number {
  if (n < 16) return logGamma(n + 1) - (n + 0.5) * Math.log(n) + n - 0.5 * Math.log(2 * Math.PI);
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * square)) / square) / square) / square) / n;
}

/** x ln(x / m) + m - x without the loss of digits where x is near m. */
function deviance(x: number, m: number): number {
  const v = (x - m) / (x + m);
  if (Math.abs(v) >= 0.1) return x * Math.log(x / m) + m - x;
  let sum = (x - m) * v;
  let term = 2 * x * v;
  for (let j = 1; j < 1000; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/** ln P(X = x) of the binomial distribution, to about 1e-14 for any n. */
export function logBinomial(x: number, n: number, p: number): number {
  if (x < 0 || x > n) return -Infinity;
  const q = 1 - p;
  if (p <= 0) return x === 0 ? 0 : -Infinity;
  if (q <= 0) return x === n ? 0 : -Infinity;
  if (x === 0) return n * Math.log1p(-p);
  if (x === n) return n * Math.log(p);
  const core = stirlingError(n) - stirlingError(x) - stirlingError(n - x) - deviance(x, n * p) - deviance(n - x, n * q);
  return core + 0.5 * Math.log(n / (2 * Math.PI * x * (n - x)));
}

/** x with P(X >= x) = p of the chi-squared distribution, by bisection, to 1e-10 of itself. */
export function chiSquaredQuantile(p: number, degrees: number): number {
  let low = 0;
  let high = degrees + 10;
  while (chiSquaredTail(high, degrees) > p) high *= 2;
  while (high - low > 1e-10 * high) {
    const middle = (low + high) / 2;
    if (chiSquaredTail(middle, degrees) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
