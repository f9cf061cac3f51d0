/** What came of a try: the answer, how long it took, and the request that others can send. */
import { probabilityBars, valueBars } from './bars.js';
import { curlCommand, serverTimes } from './answers.js';
import { copyButton } from './copy.js';
import { announce, h, put } from './dom.js';
import { duration, percent } from './format.js';
import { hasToken } from './session.js';

const longest = 20_000;

/**
 * @param {HTMLElement} place
 * @param {{ parts: import('./answers.js').Part[], answer: { text: string, headers: Headers, tookMs: number }, sent: object, showsBest: boolean }} outcome
 */
export function showResult(place, { parts, answer, sent, showsBest }) {
  const best = parts[0]?.kind === 'scores' ? bestOf(parts[0].scores) : undefined;
  put(place, best && showsBest && headline(best), parts.map(partOf), timingsOf(answer), detailsOf(sent, answer.text));
  if (best) announce(`${best.label}, ${percent(best.score)}`);
}

/** An error as the server says it. */
export function showError(place, error, sent) {
  put(
    place,
    h(
      'div',
      { class: 'notice bad', role: 'alert' },
      h('strong', null, error.code ?? 'Error'),
      h('p', null, error.message),
      error.requestId && h('p', { class: 'hint' }, 'Request ', h('code', null, error.requestId)),
    ),
    sent && detailsOf(sent, error.body ?? ''),
  );
}

const bestOf = (scores) => scores.reduce((best, each) => (best && best.score >= each.score ? best : each), undefined);

function headline({ label, score }) {
  return h(
    'p',
    { class: 'headline' },
    h('span', { class: `headline-label${label.length > 3 ? ' word' : ''}` }, label),
    h('span', { class: 'headline-score' }, percent(score)),
  );
}

function partOf({ kind, title, scores, text }) {
  const body =
    kind === 'scores'
      ? probabilityBars(scores)
      : kind === 'values'
        ? valueBars(scores)
        : h('pre', { class: 'numbers', tabindex: 0 }, text);
  return h('section', { class: 'part' }, title && h('h3', { class: 'part-title' }, title), body);
}

const timeNames = { queue: 'Queue', inference: 'Inference', total: 'Server' };

function timingsOf({ headers, tookMs }) {
  const times = serverTimes(headers.get('server-timing'));
  const rows = Object.entries(timeNames).map(([key, name]) => [name, times[key]]);
  rows.push(['Round trip', tookMs]);
  return h(
    'dl',
    { class: 'timings' },
    rows.map(([name, ms]) => h('div', null, h('dt', null, name), h('dd', null, duration(ms)))),
  );
}

function detailsOf(sent, answered) {
  const command = curlCommand({ ...sent, hasToken: hasToken() });
  return h(
    'details',
    { class: 'raw' },
    h('summary', null, 'Request and response'),
    block('curl', command),
    sent.body !== undefined && block('Request', sent.body),
    block('Response', pretty(answered)),
  );
}

function block(title, text) {
  const shown = text.length > longest ? `${text.slice(0, longest)}\n… ${text.length - longest} characters more` : text;
  return h(
    'section',
    { class: 'block' },
    h(
      'div',
      { class: 'block-head' },
      h('h3', null, title),
      copyButton(() => text, title.toLowerCase(), 'Copy'),
    ),
    h('pre', { tabindex: 0, 'aria-label': title }, shown),
  );
}

function pretty(text) {
  try {
    const value = JSON.stringify(JSON.parse(text), null, 1);
    // Numbers of an array in one line.
    return value.replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, inner) => `[${inner.replace(/\s+/g, ' ')}]`);
  } catch {
    return text;
  }
}
