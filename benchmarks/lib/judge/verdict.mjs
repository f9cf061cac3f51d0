// What ratios of two builds say, and whether they are enough to say it.

import { median, quantile } from '../stats.mjs';

/** How sure an interval over single rounds is. There are some thirty measures in a run, and none may be wrong. */
const roundsConfidence = 0.95;
/** Over pairs of processes, of which there are few: how a process's memory happens to lie moves all of its rounds by some percent. */
const pairsConfidence = 0.87;
/** With fewer pairs of processes a build against itself would be called slower now and then. */
const fewestPairs = 3;
const fewestRounds = 8;

/** The chance that a fair coin, tossed `n` times, shows at most `k` heads. */
function binomialTail(n, k) {
  let term = 0.5 ** n;
  let sum = 0;
  for (let i = 0; i <= k; i++) {
    sum += term;
    term *= (n - i) / (i + 1);
  }
  return sum;
}

/**
 * An interval that holds the median of what the values were drawn from, so surely; by ranks (the sign test), whatever their distribution.
 * The least and the greatest value where there are too few for as much confidence.
 */
export function medianInterval(values, confidence) {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  let rank = 0;
  while (rank + 1 < n / 2 && 1 - 2 * binomialTail(n, rank + 1) >= confidence) rank++;
  return [sorted[rank], sorted[n - 1 - rank]];
}

/**
 * @param pairs for each pair of processes, the ratios after / before of its rounds
 * @param better 1 where more is better, -1 where less is
 * @param limit a change that counts: 0.05 for 5 %
 * @returns `ratio`, the median; its `quartiles`; `low` and `high`, between which it surely is; `verdict`
 */
export function judge(pairs, { better, limit }) {
  const rounds = pairs.flat().sort((a, b) => a - b);
  const medians = pairs.map((each) => median(each));
  const within = medianInterval(rounds, roundsConfidence);
  const between = medianInterval(medians, pairsConfidence);
  const low = Math.min(within[0], between[0]);
  const high = Math.max(within[1], between[1]);
  const about = { ratio: median(rounds), quartiles: [quantile(rounds, 0.25), quantile(rounds, 0.75)], low, high };
  return { ...about, rounds: rounds.length, pairs: pairs.length, verdict: verdictOf() };

  function verdictOf() {
    if (pairs.length < fewestPairs || rounds.length < fewestRounds) return 'too noisy';
    // Both as how many times worse it became, so that half the throughput and twice the time count alike.
    const [least, most] = better > 0 ? [1 / high, 1 / low] : [low, high];
    if (least > 1 + limit) return 'slower';
    if (most < 1 / (1 + limit)) return 'faster';
    return least >= 1 / (1 + limit) && most <= 1 + limit ? 'same' : 'too noisy';
  }
}

/** THE TABLE of measures. The tail of a short round is the few worst of its calls. */
const common = {
  perSecond: { title: 'calls/s', better: 1, limit: 0.05 },
  p50Ms: { title: 'p50 ms', better: -1, limit: 0.05 },
  p99Ms: { title: 'p99 ms', better: -1, limit: 0.15 },
  cpuUs: { title: 'CPU µs', better: -1, limit: 0.05 },
};

/** What is judged of a subject. A call of a microsecond depends on what V8 made of it in that process. */
export function measuresOf({ micro }) {
  return micro ? { cpuUs: { ...common.cpuUs, limit: 0.1 } } : common;
}
