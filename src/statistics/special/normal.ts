/** The normal distribution. */
import { gammaQ } from './gamma.js';

/** P(X > x) of the standard normal distribution; small values keep their relative precision. */
export function normalTail(x: number): number {
  const half = 0.5 * gammaQ(0.5, (x * x) / 2);
  return x >= 0 ? half : 1 - half;
}
