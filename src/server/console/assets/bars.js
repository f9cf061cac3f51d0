/** Scores as horizontal bars, in the order that they come. */
import { h } from './dom.js';
import { percent, short } from './format.js';

/** @param {{ label: string, score: number }[]} scores of one row, from 0 to 1 */
export function probabilityBars(scores) {
  const best = scores.reduce((most, { score }) => Math.max(most, score), 0);
  return list(
    scores.map(({ label, score }) => ({ label, share: score, text: percent(score), isBest: score === best })),
  );
}

/** Values of any size: the longest bar is the greatest of them by size. */
export function valueBars(scores) {
  const most = scores.reduce((max, { score }) => Math.max(max, Math.abs(score)), 0) || 1;
  const best = scores.reduce((max, { score }) => Math.max(max, score), -Infinity);
  return list(
    scores.map(({ label, score }) => ({
      label,
      share: Math.abs(score) / most,
      text: short(score),
      isBest: score === best,
      isNegative: score < 0,
    })),
  );
}

function list(rows) {
  return h('ol', { class: 'bars' }, rows.map(row));
}

function row({ label, share, text, isBest, isNegative }) {
  const width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return h(
    'li',
    { class: `bar-row${isBest ? ' best' : ''}${isNegative ? ' negative' : ''}` },
    h('span', { class: 'bar-label', title: label }, label),
    h('span', { class: 'bar-track', 'aria-hidden': 'true' }, h('span', { class: 'bar', style: { width } })),
    h('span', { class: 'bar-value' }, text),
  );
}
