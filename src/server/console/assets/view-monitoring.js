/** The tab Monitoring of a version: drift of its inputs and answers, and how well it does. */
import { get } from './api.js';
import { showFault } from './fault.js';
import { h, put } from './dom.js';
import { count, moment, percent, short } from './format.js';
import { modelPath } from './paths.js';

const levels = {
  ok: ['good', 'No drift'],
  possible: ['fair', 'Possible drift'],
  drift: ['bad', 'Drift'],
  'too few': ['off', 'Too few rows'],
};
const everyMs = 5000;

export function monitoringView(model) {
  const place = h('div', { class: 'overview', 'aria-live': 'off' }, h('p', { class: 'hint' }, 'Asking …'));
  let shown = '';
  const refresh = async () => {
    if (!document.hidden) await ask();
    setTimeout(() => place.isConnected && void refresh(), everyMs);
  };
  const ask = async () => {
    try {
      const { models } = await get(`${modelPath(model)}/monitoring`);
      const report = models.find(({ version }) => version === model.version) ?? models[0];
      const text = JSON.stringify(report ?? null);
      // Anew only where something is: what is read or focused stays.
      if (text !== shown) put(place, report ? reportOf(report) : nothing());
      shown = text;
    } catch (error) {
      shown = '';
      if (error.status === 404) put(place, nothing());
      else showFault(place, error);
    }
  };
  void refresh();
  return place;
}

const nothing = () => h('p', { class: 'notice' }, 'This version is not watched.');

const statuses = {
  'no statistics': [
    'Its record has no statistics of its training data, so there is nothing to compare with: ',
    h('code', null, 'registry add --data'),
    ' writes them.',
  ],
  off: ['Monitoring is off. The setting ', h('code', null, 'monitoring'), ' turns it on.'],
};

function reportOf(report) {
  const { status, windows = [], open, estimated, realised } = report;
  const [newest] = windows;
  return [
    status !== 'watching' && h('p', { class: 'notice' }, statuses[status] ?? status),
    (estimated || realised) && section('Performance', performanceOf(estimated, realised)),
    status === 'watching' && section('Drift', driftHead(newest, open), history(windows), newest && features(newest)),
  ];
}

const section = (title, ...children) => h('section', { class: 'watch' }, h('h2', null, title), children);

function driftHead(newest, open) {
  const [kind, words] = newest ? (levels[newest.level] ?? ['off', newest.level]) : ['off', 'No window has closed yet'];
  return h(
    'div',
    { class: 'watch-head' },
    h('p', { class: `level ${kind}` }, h('span', { class: 'dot', 'aria-hidden': 'true' }), words),
    newest &&
      h(
        'p',
        { class: 'hint' },
        `${count(newest.rows)} rows, ${moment(newest.from)} to ${moment(newest.to)}. Without drift, ${percent(newest.falseAlarms)} of windows would be called drift.`,
      ),
    open && progress(open),
  );
}

function progress({ rows, needed, from }) {
  const share = needed > 0 ? Math.min(1, rows / needed) : 0;
  return h(
    'div',
    { class: 'open-window' },
    h(
      'span',
      { class: 'hint' },
      rows < needed
        ? `The open window has ${count(rows)} of ${count(needed)} rows, since ${moment(from)}.`
        : `The open window has ${count(rows)} rows, which is enough. It closes when its time is over.`,
    ),
    h(
      'span',
      { class: 'bar-track', 'aria-hidden': 'true' },
      h('span', { class: 'bar', style: { width: `${share * 100}%` } }),
    ),
  );
}

/** A mark for each window, the newest on the right. */
function history(windows) {
  if (windows.length === 0) return null;
  const marks = [...windows].reverse().map(({ level, rows, to }) => {
    const [kind, words] = levels[level] ?? ['off', level];
    const text = `${words}: ${count(rows)} rows until ${moment(to)}`;
    return h('li', { class: `mark ${kind}`, title: text }, h('span', { class: 'off-screen' }, text));
  });
  return h('ol', { class: 'history', 'aria-label': 'Windows, the oldest first' }, marks);
}

const mostFeatures = 100;

function features({ features: all }) {
  if (all.length === 0) return null;
  const sorted = [...all].sort((a, b) => a.adjusted - b.adjusted);
  const heads = ['Feature', '', 'Test', 'Statistic', 'Threshold', 'p', 'p, adjusted'];
  const rows = sorted.slice(0, mostFeatures).map(({ feature, test, statistic, threshold, pValue, adjusted, level }) => {
    const [kind, words] = levels[level] ?? ['off', level];
    const cells = [
      h('code', null, feature),
      h('span', { class: `level ${kind}` }, h('span', { class: 'dot', 'aria-hidden': 'true' }), words),
      test,
      ...[statistic, threshold, pValue, adjusted].map(short),
    ];
    return h(
      'tr',
      null,
      cells.map((cell) => h('td', null, cell)),
    );
  });
  return h(
    'div',
    { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': 'Features of the newest window' },
    h(
      'table',
      null,
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          heads.map((head) => h('th', { scope: 'col' }, head || h('span', { class: 'off-screen' }, 'Level'))),
        ),
      ),
      h('tbody', null, rows),
    ),
  );
}

const estimates = {
  'not calibrated here':
    'The inputs are not those that the confidences were calibrated on, so no accuracy is estimated.',
  'too few': 'Too few rows for an estimate yet.',
  'no calibration': 'The record has no calibration, so no accuracy is estimated.',
};

function performanceOf(estimated, realised) {
  const tile = (name, value, hint) =>
    h('div', { class: 'tile' }, h('dt', null, name), h('dd', null, value), hint && h('dd', { class: 'hint' }, hint));
  const tiles = [];
  if (estimated?.status === 'estimated') {
    const bounds = estimated.low === undefined ? '' : `${percent(estimated.low)} to ${percent(estimated.high)}`;
    tiles.push(tile('Accuracy, estimated', percent(estimated.accuracy), bounds));
  }
  if (realised?.rows > 0) {
    tiles.push(
      tile('Accuracy, by labels', percent(realised.accuracy), `${count(realised.correct)} of ${count(realised.rows)}`),
    );
    if (realised.calibrationError !== undefined)
      tiles.push(tile('Calibration error', percent(realised.calibrationError)));
  }
  return [
    tiles.length > 0 && h('dl', { class: 'tiles' }, tiles),
    estimated && estimates[estimated.status] && h('p', { class: 'notice' }, estimates[estimated.status]),
    !(realised?.rows > 0) &&
      h('p', { class: 'hint' }, 'No labels have come back: ', h('code', null, 'POST /feedback'), ' takes them.'),
  ];
}
