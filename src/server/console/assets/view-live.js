/** Live: what the server does, of /metrics every two seconds. */
import { valueBars } from './bars.js';
import { request } from './api.js';
import { LineChart } from './chart.js';
import { h, put } from './dom.js';
import { bytes, count, duration, short } from './format.js';
import { icon } from './icons.js';
import { parseMetrics } from './prometheus.js';
import { batchSizes, Series } from './series.js';

const everyMs = 2000;
const ranges = [
  { name: '1 min', ms: 60_000 },
  { name: '5 min', ms: 300_000 },
  { name: '15 min', ms: 900_000 },
];

/** Goes on in other views, so that there is something to see when one comes back. */
const series = new Series();
let timer;
let isAsking = false;
let isPaused = false;
let range = ranges[0];
let fault;
let draw = () => {};

const perSecond = (value) => `${short(value)} /s`;

export function showLive(main) {
  document.title = 'Live · node-libtorch';
  const charts = [
    new LineChart({
      title: 'Throughput',
      format: perSecond,
      lines: [
        { key: 'requests', name: 'Requests' },
        { key: 'rows', name: 'Rows' },
      ],
    }),
    new LineChart({
      title: 'Latency',
      format: duration,
      lines: [
        { key: 'p50', name: 'P50' },
        { key: 'p95', name: 'P95' },
        { key: 'p99', name: 'P99' },
      ],
    }),
    new LineChart({
      title: 'Queue',
      format: count,
      least: 4,
      lines: [
        { key: 'queue', name: 'Rows waiting' },
        { key: 'inFlight', name: 'Requests in flight' },
      ],
    }),
    new LineChart({ title: 'Errors', format: perSecond, lines: [{ key: 'errors', name: 'Requests' }] }),
    new LineChart({ title: 'Event loop delay, 99 %', format: duration, lines: [{ key: 'lag', name: 'Delay' }] }),
    new LineChart({
      title: 'Memory',
      format: bytes,
      unit: 2 ** 20,
      lines: [
        { key: 'memory', name: 'Resident' },
        { key: 'heap', name: 'JavaScript heap' },
      ],
    }),
  ];
  const sizes = h('div');
  const note = h('p', { class: 'hint', role: 'status' });
  draw = () => {
    const points = series.within(range.ms);
    for (const chart of charts) chart.show(points, range.ms);
    showSizes(sizes, points);
    note.textContent = noteOf(points);
  };
  put(
    main,
    h('div', { class: 'live-head' }, h('h1', null, 'Live'), h('div', { class: 'row' }, rangeChoice(), pauseButton())),
    note,
    h(
      'div',
      { class: 'charts' },
      charts.map(({ element }) => element),
      h('figure', { class: 'chart wide' }, h('figcaption', null, h('h2', null, 'Batch sizes')), sizes),
    ),
  );
  draw();
  if (timer === undefined) void poll();
}

function noteOf(points) {
  if (fault) return `Not measured: ${fault.message}`;
  if (isPaused) return 'Paused.';
  return points.length === 0
    ? 'Measuring: the first values come in a moment.'
    : 'All processes of the server together.';
}

async function poll() {
  // One at a time: each plans the next.
  if (isAsking) return;
  isAsking = true;
  clearTimeout(timer);
  try {
    if (document.hidden || isPaused) series.interrupt();
    else await measure();
  } finally {
    isAsking = false;
    timer = setTimeout(() => void poll(), everyMs);
  }
}

async function measure() {
  try {
    const { text } = await request('metrics', { signal: AbortSignal.timeout(10_000) });
    series.add(parseMetrics(text), performance.timeOrigin + performance.now());
    fault = undefined;
  } catch (error) {
    fault = error;
    series.interrupt();
  }
  draw();
}

function rangeChoice() {
  const buttons = ranges.map((each) =>
    h('button', { type: 'button', 'aria-pressed': String(each === range), onclick: () => choose(each) }, each.name),
  );
  const choose = (chosen) => {
    range = chosen;
    for (const [i, button] of buttons.entries()) button.setAttribute('aria-pressed', String(ranges[i] === range));
    draw();
  };
  return h('div', { class: 'segments', role: 'group', 'aria-label': 'Time shown' }, buttons);
}

function pauseButton() {
  const button = h('button', { type: 'button', onclick: () => turn() });
  const show = () => put(button, icon(isPaused ? 'play' : 'pause'), isPaused ? 'Go on' : 'Pause');
  const turn = () => {
    isPaused = !isPaused;
    show();
    draw();
    if (!isPaused) void poll();
  };
  show();
  return button;
}

function showSizes(place, points) {
  const sizes = batchSizes(points).filter(({ count: n }) => n > 0);
  if (sizes.length === 0) return put(place, h('p', { class: 'hint' }, 'No batch in this time.'));
  const name = ({ bound }) => (bound === Infinity ? 'more' : bound === 1 ? '1' : `≤ ${count(bound)}`);
  put(
    place,
    h('p', { class: 'hint' }, 'Batches by their rows'),
    valueBars(sizes.map((size) => ({ label: name(size), score: size.count }))),
  );
}
