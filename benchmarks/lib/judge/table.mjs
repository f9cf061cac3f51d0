// What `npm run bench:diff` prints.

import { subjects } from '../sides.mjs';
import { median } from '../stats.mjs';
import { short, textTable } from '../table.mjs';

const fixed = (ratio) => ratio.toFixed(3);

export function tableOf(lines) {
  const rows = lines.map(({ subject, measure, before, after, ratio, quartiles, low, high, limit, verdict }, i) => [
    lines[i - 1]?.subject === subject ? '' : subjects[subject].title,
    ...[measure, short(median(before)), short(median(after)), fixed(ratio)],
    quartiles.map(fixed).join('–'),
    `${fixed(low)}–${fixed(high)}`,
    ...[`${limit * 100} %`, verdict],
  ]);
  const heading = ['', 'measure', 'before', 'after', 'after / before', 'half of the rounds', 'surely', 'limit', ''];
  return textTable([heading, ...rows]);
}

const percent = (share) => (share === undefined ? 'an unknown share' : `${Math.round(share * 100)} %`);

export function summary({ lines, failed, inline = new Map(), seconds, noise }) {
  const of = (verdict) => lines.filter((line) => line.verdict === verdict);
  const name = ({ subject, measure, ratio }) => `${subjects[subject].title}: ${measure} × ${fixed(ratio)}`;
  const counts = ['slower', 'faster', 'same', 'too noisy'].map((verdict) => `${of(verdict).length} ${verdict}`);
  return [
    `${counts.join(', ')} of ${lines.length}; ${Math.max(0, ...lines.map(({ rounds }) => rounds))} rounds at most, ${seconds.toFixed(0)} s`,
    ...(noise.disturbed > 0
      ? [
          `others used the machine beside ${noise.disturbed} of ${noise.pairs} rounds: what is too noisy here may not be elsewhere`,
        ]
      : []),
    ...[...inline].map(
      ([subject, [before, after]]) =>
        `${subjects[subject].title}: on the calling thread were ${percent(before)} of the calls before, ${percent(after)} after; others go to a worker, which takes longer`,
    ),
    ...[...failed].map(([subject, why]) => `not compared: ${subjects[subject].title}: ${why}`),
    ...of('slower').map((line) => `slower: ${name(line)}`),
    ...of('faster').map((line) => `faster: ${name(line)}`),
  ].join('\n');
}
