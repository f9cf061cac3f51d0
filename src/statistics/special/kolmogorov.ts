/** Kolmogorov's limiting distribution of √n · D. */

/** P(K >= x). By its alternating series, and below 1 by Jacobi's transformation of it, which converges there. */
export function kolmogorovTail(x: number): number {
  if (x <= 0.04) return 1;
  if (x < 1) {
    let sum = 0;
    for (let k = 1; k < 50; k += 2) {
      const term = Math.exp((-(k * k) * Math.PI * Math.PI) / (8 * x * x));
      sum += term;
      if (term < sum * 1e-17) break;
    }
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  let sum = 0;
  for (let k = 1; k < 50; k++) {
    const term = Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term < sum * 1e-17) break;
  }
  return 2 * sum;
}

/** x with P(K >= x) = p, by bisection: `kolmogorovTail` falls. */
export function kolmogorovQuantile(p: number): number {
  let low = 0.04;
  let high = 40;
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (kolmogorovTail(middle) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
