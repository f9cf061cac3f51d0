import { logBinomial } from '../special/gamma.js';

/** Probabilities of `from`, `from + 1`, … */
export interface Range {
  readonly from: number;
  readonly probabilities: Float64Array;
}

/** P(X = x) of the binomial distribution for x from `from` to `to`: one exact value, and its ratios from there on. */
export function binomialBetween(trials: number, p: number, from: number, to: number): Range {
  const probabilities = new Float64Array(Math.max(0, to - from + 1));
  const low = Math.max(from, 0);
  const high = Math.min(to, trials);
  if (low > high) return { from, probabilities };
  // From the largest of them: ratios below 1 on both sides, so that no small value is made of a smaller one.
  const anchor = Math.min(Math.max(Math.floor((trials + 1) * p), low), high);
  const odds = p / (1 - p);
  let value = Math.exp(logBinomial(anchor, trials, p));
  probabilities[anchor - from] = value;
  for (let x = anchor; x < high && value > 0; x++) {
    value *= ((trials - x) / (x + 1)) * odds;
    probabilities[x + 1 - from] = value;
  }
  value = probabilities[anchor - from] as number;
  for (let x = anchor; x > low && value > 0; x--) {
    value *= x / ((trials - x + 1) * odds);
    probabilities[x - 1 - from] = value;
  }
  return { from, probabilities };
}

/** The same for all x whose probability is more than e^-depth of the largest. */
export function binomialAround(trials: number, p: number, depth: number): Range {
  const mode = Math.floor((trials + 1) * p);
  const deviation = Math.sqrt(trials * p * (1 - p));
  // Bernstein's bound: beyond that far the probability is smaller than asked.
  const reach = Math.ceil(deviation * Math.sqrt(2 * depth) + depth * 0.7) + 1;
  const { from, probabilities } = binomialBetween(trials, p, Math.max(0, mode - reach), Math.min(trials, mode + reach));
  const least = (probabilities[mode - from] ?? 0) * Math.exp(-depth);
  let first = 0;
  let last = probabilities.length - 1;
  while (first < last && (probabilities[first] as number) < least) first++;
  while (last > first && (probabilities[last] as number) < least) last--;
  return { from: from + first, probabilities: probabilities.subarray(first, last + 1) };
}
