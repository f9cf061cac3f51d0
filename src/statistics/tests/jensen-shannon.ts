import { additive } from './additive.js';

/** What a bin adds to the Jensen-Shannon divergence, in nats. */
function divergenceTerm(p: number, q: number): number {
  const middle = (p + q) / 2;
  const left = p > 0 ? p * Math.log(p / middle) : 0;
  const right = q > 0 ? q * Math.log(q / middle) : 0;
  // Rounding may leave a little below nothing.
  return Math.max(0, (left + right) / 2);
}

/** The Jensen-Shannon distance: the root of the divergence in nats, as scipy and Evidently have it. */
export const jensenShannon = additive({
  name: 'jensen-shannon',
  title: 'Jensen-Shannon distance',
  kinds: ['categorical', 'numeric'],
  numericBins: 10,
  scoreOf:
    ({ n, m }) =>
    (inWindow, total) =>
      divergenceTerm((total - inWindow) / m, inWindow / n),
  scale: ({ n, m }) => 8 / (1 / n + 1 / m),
  fromSum: Math.sqrt,
  toSum: (distance) => distance * distance,
});
