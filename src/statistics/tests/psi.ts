import { additive } from './additive.js';

/** The share that an empty bin counts as, as Evidently has it. */
export const emptyShare = 1e-4;

/** PSI of one bin: (p - q) ln (p / q). */
export function psiTerm(p: number, q: number): number {
  const a = p === 0 ? emptyShare : p;
  const b = q === 0 ? emptyShare : q;
  return (a - b) * Math.log(a / b);
}

/** Population stability index: the symmetric Kullback-Leibler divergence of the two rows of shares. */
export const psi = additive({
  name: 'psi',
  title: 'population stability index',
  kinds: ['numeric', 'categorical'],
  numericBins: 10,
  scoreOf:
    ({ n, m }) =>
    (inWindow, total) =>
      psiTerm((total - inWindow) / m, inWindow / n),
  // Without drift PSI is about (1/n + 1/m) times chi-squared.
  scale: ({ n, m }) => 1 / (1 / n + 1 / m),
});
