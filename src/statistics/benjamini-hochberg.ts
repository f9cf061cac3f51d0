import { expected } from '../errors.js';
import * as check from '../check.js';
import { isNumbers } from './bins.js';

/**
 * p-values adjusted for there being many: those at most `q` may be called discoveries, and at most a share `q` of the
 * discoveries is false, where the tests are independent or positively dependent. Without any effect that is the chance of
 * a single false discovery.
 *
 * Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate" (1995); equal to scipy.stats.false_discovery_control.
 * @returns in the order of `pValues`
 * @throws ERR_INVALID_ARGUMENT for what is no array of numbers from 0 to 1
 * @example
 * benjaminiHochberg([0.01, 0.02, 0.9]); // [0.03, 0.03, 0.9]
 */
export function benjaminiHochberg(pValues: ArrayLike<number>): number[] {
  if (!isNumbers(pValues)) throw expected('an array of numbers', 'pValues', pValues);
  const p = Array.from(pValues);
  for (const [i, value] of p.entries()) check.number(`pValues[${i}]`, value, 0, 1);
  const order = [...p.keys()].sort((a, b) => (p[b] as number) - (p[a] as number));
  const adjusted = new Array<number>(p.length);
  let least = 1;
  for (const [place, index] of order.entries()) {
    least = Math.min(least, ((p[index] as number) * p.length) / (p.length - place));
    adjusted[index] = least;
  }
  return adjusted;
}
