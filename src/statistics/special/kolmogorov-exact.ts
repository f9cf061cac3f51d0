/**
 * P(D >= x) of the one-sample Kolmogorov-Smirnov statistic of n values, as R. Simard and P. L'Ecuyer have it ("Computing the
 * two-sided Kolmogorov-Smirnov distribution", 2011), with scipy's limits between the methods: scipy.stats.kstwo.sf.
 */
import { logBinomial, logGamma } from './gamma.js';

/** P(D+ >= x), one-sided: Birnbaum and Tingey's sum, all of whose terms are positive. */
function oneSided(n: number, x: number): number {
  let sum = 0;
  for (let j = 0; j <= Math.floor(n * (1 - x)); j++) {
    const p = x + j / n;
    sum += p >= 1 ? (j === n ? x : 0) : (Math.exp(logBinomial(j, n, p)) * x) / p;
  }
  return Math.min(1, sum);
}

/** P(D < x) by a power of Durbin's matrix (G. Marsaglia, W. Tsang, J. Wang, 2003). */
function byMatrix(n: number, x: number): number {
  const k = Math.ceil(n * x);
  const h = k - n * x;
  const size = 2 * k - 1;
  let base = new Float64Array(size * size);
  const factorials = Float64Array.from({ length: size + 1 }, (_, i) => Math.exp(-logGamma(i + 1)));
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (row - column + 1 >= 0) base[row * size + column] = factorials[row - column + 1] as number;
    }
  }
  for (let i = 0; i < size; i++) {
    const first = (1 - h ** (i + 1)) * (factorials[i + 1] as number);
    base[i * size] = first;
    base[size * size - 1 - i] = first;
  }
  base[(size - 1) * size] = (1 - 2 * h ** size + Math.max(2 * h - 1, 0) ** size) * (factorials[size] as number);
  // The square of a matrix of tiny numbers would be nothing: both carry a power of two.
  let power = identity(size);
  let [exponent, baseExponent] = [0, 0];
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      power = times(power, base, size);
      exponent += baseExponent + rescale(power);
    }
    base = times(base, base, size);
    baseExponent = 2 * baseExponent + rescale(base);
  }
  const middle = power[(k - 1) * size + k - 1] as number;
  return Math.exp(Math.log(middle) + exponent * Math.LN2 + logGamma(n + 1) - n * Math.log(n));
}

function identity(size: number): Float64Array<ArrayBuffer> {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}

function times(a: Float64Array, b: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const value = a[i * size + k] as number;
      if (value === 0) continue;
      for (let j = 0; j < size; j++) {
        product[i * size + j] = (product[i * size + j] as number) + value * (b[k * size + j] as number);
      }
    }
  }
  return product;
}

/** Divides by a power of two, so that the largest element is near 1; returns the power. */
function rescale(matrix: Float64Array): number {
  let largest = 0;
  for (const value of matrix) if (value > largest) largest = value;
  const exponent = Math.round(Math.log2(largest));
  const factor = 2 ** -exponent;
  for (let i = 0; i < matrix.length; i++) matrix[i] = (matrix[i] as number) * factor;
  return exponent;
}

/** P(D < x) by Pelz and Good's expansion in 1/√n (1976), in its form for small x√n. */
function pelzGood(n: number, x: number): number {
  const z = Math.sqrt(n) * x;
  const pi2 = Math.PI ** 2;
  const log = -pi2 / 8 / z ** 2;
  if (log < -708) return 0;
  const q = Math.exp(log);
  const sums = [0, 0, 0, 0] as [number, number, number, number];
  const most = Math.ceil((16 * z) / Math.PI);
  for (let k = most; k > 0; k--) {
    const m2 = (2 * k - 1) ** 2;
    const power = q ** (8 * k);
    const terms = [
      1,
      -(z ** 2) + (pi2 / 4) * m2,
      6 * z ** 6 +
        2 * z ** 4 +
        (((2 * z ** 4 - 5 * z ** 2) * pi2) / 4) * m2 +
        ((pi2 ** 2 * (1 - 2 * z ** 2)) / 16) * m2 ** 2,
      -30 * z ** 6 -
        90 * z ** 8 +
        ((pi2 * (135 * z ** 4 - 96 * z ** 6)) / 4) * m2 +
        ((pi2 ** 2 * (-60 * z ** 2 + 212 * z ** 4)) / 16) * m2 ** 2 +
        ((pi2 ** 3 * (5 - 30 * z ** 2)) / 64) * m2 ** 3,
    ] as const;
    for (const i of [0, 1, 2, 3] as const) sums[i] = sums[i] * power + terms[i];
  }
  const root = Math.sqrt(2 * Math.PI);
  const divisors = [z, 6 * z ** 4, 72 * z ** 7, 6480 * z ** 10] as const;
  for (const i of [0, 1, 2, 3] as const) sums[i] = (sums[i] * q * root) / divisors[i];
  const q2 = Math.exp(-pi2 / 2 / z ** 2);
  for (let k = most; k > 0; k--) {
    const power = q2 ** (k * k);
    sums[2] += (k * k * power * pi2 * root) / (-36 * z ** 3);
    sums[3] += ((3 * z * z - pi2 * k * k) * k * k * power * pi2 * root) / (216 * z ** 6);
  }
  return sums[0] + sums[1] / Math.sqrt(n) + sums[2] / n + sums[3] / n ** 1.5;
}

export function kolmogorovExactTail(n: number, x: number): number {
  if (x >= 1) return 0;
  const t = n * x;
  if (t <= 0.5) return 1;
  if (t <= 1) return 1 - Math.exp(logGamma(n + 1) - n * Math.log(n) + n * Math.log(2 * t - 1));
  if (t >= n - 1) return 2 * (1 - x) ** n;
  const square = t * x;
  if (x >= 0.5 || square > (n <= 140 ? 4 : 2.2)) return square >= 370 ? 0 : Math.min(1, 2 * oneSided(n, x));
  const below = n <= 140 || (n <= 100_000 && n * x ** 1.5 <= 1.4) ? byMatrix(n, x) : pelzGood(n, x);
  return Math.min(1, Math.max(0, 1 - below));
}
