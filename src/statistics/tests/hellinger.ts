import { additive } from './additive.js';

/** The Hellinger distance, from 0 to 1: √(½ Σ (√p - √q)²). */
export const hellinger = additive({
  name: 'hellinger',
  title: 'Hellinger distance',
  kinds: ['categorical', 'numeric'],
  numericBins: 10,
  scoreOf:
    ({ n, m }) =>
    (inWindow, total) =>
      (Math.sqrt((total - inWindow) / m) - Math.sqrt(inWindow / n)) ** 2 / 2,
  scale: ({ n, m }) => 8 / (1 / n + 1 / m),
  fromSum: Math.sqrt,
  toSum: (distance) => distance * distance,
});
