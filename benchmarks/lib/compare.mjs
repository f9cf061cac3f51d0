// Now against the baseline.

import { short } from './table.mjs';

/** A change beyond it is called one: repeats on one quiet machine differ by less. */
const limit = 0.25;

// Tails of short runs differ by more, and a p95 of microseconds is the clock's.
const measures = [
  { key: 'ratioThroughput', title: 'throughput', better: 1, limit },
  { key: 'ratioP50', title: 'p50', better: -1, limit },
  { key: 'ratioP95', title: 'p95', better: -1, limit: 0.5 },
];

/** One line for each ratio that both have. `verdict`: slower, faster or nothing. */
export function compare(before, now) {
  const lines = [];
  for (const name of Object.keys(before).filter((each) => now[each])) {
    for (const { key, title, better, limit: most } of measures) {
      const [old, current] = [before[name][key], now[name][key]];
      if (old === null || current === null) continue;
      const change = current / old - 1;
      // By how many times it became worse, so that half the throughput and twice the time count alike.
      const worse = better > 0 ? old / current : current / old;
      const verdict = worse > 1 + most ? 'slower' : worse < 1 / (1 + most) ? 'faster' : '';
      const percent = `${change >= 0 ? '+' : '-'}${Math.abs(change * 100).toFixed(0)} %`;
      lines.push({ name, verdict, cells: [name, title, short(old), short(current), percent, verdict] });
    }
  }
  return lines;
}

export const verdicts = (lines) => ({
  slower: lines.filter(({ verdict }) => verdict === 'slower'),
  faster: lines.filter(({ verdict }) => verdict === 'faster'),
});
