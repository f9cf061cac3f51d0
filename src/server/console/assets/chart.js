/** A line chart as SVG: values under the pointer or the arrow keys, and a table for whoever cannot see it. */
import { freshId, h, put, s } from './dom.js';
import { clock } from './format.js';
import { niceTop } from './series.js';

const width = 520;
const height = 150;
const edge = { left: 4, right: 4, top: 8, bottom: 4 };
const tableRows = 30;

/**
 * @param {{ title: string, lines: { key: string, name: string }[], format: (value: number) => string, least?: number, unit?: number }} about
 *   `least`: the scale reaches at least so far; `unit`: its end is round in so much
 */
export class LineChart {
  #about;
  #points = [];
  #at = undefined;
  #top = 1;
  #spanMs = 60_000;
  #svg;
  #plot = s('g');
  #cursor = s('line', { class: 'cursor', y1: 0, y2: height, hidden: true });
  #legend = h('dl', { class: 'legend' });
  #scale = h('span', { class: 'scale' });
  #when = h('span', { class: 'when' });
  #table = h('div', { class: 'table-frame', tabindex: 0, role: 'region' });
  #details;
  element;

  constructor(about) {
    this.#about = about;
    const id = freshId('chart');
    this.#table.setAttribute('aria-label', `${about.title}, as a table`);
    this.#svg = s(
      'svg',
      {
        viewBox: `0 0 ${width} ${height}`,
        preserveAspectRatio: 'none',
        class: 'plot',
        role: 'img',
        tabindex: 0,
        'aria-labelledby': id,
        onpointermove: (event) => this.#point(event),
        onpointerleave: () => this.#choose(undefined),
        onblur: () => this.#choose(undefined),
        onkeydown: (event) => this.#key(event),
      },
      [0.5, 1].map((part) => s('line', { class: 'grid', x1: 0, x2: width, y1: yOf(part), y2: yOf(part) })),
      s('line', { class: 'axis', x1: 0, x2: width, y1: yOf(0), y2: yOf(0) }),
      this.#plot,
      this.#cursor,
    );
    this.#details = h('details', { ontoggle: () => this.#fillTable() }, h('summary', null, 'Table'), this.#table);
    this.element = h(
      'figure',
      { class: 'chart' },
      h('figcaption', null, h('h2', { id }, about.title), this.#when),
      this.#legend,
      h('div', { class: 'plot-frame' }, this.#scale, this.#svg),
      this.#details,
    );
  }

  /** @param {{ at: number, values: Record<string, number> }[]} points @param {number} spanMs what the width stands for */
  show(points, spanMs) {
    this.#points = points;
    this.#spanMs = spanMs;
    const { lines, format, least = 0, unit = 1 } = this.#about;
    const values = lines.flatMap(({ key }) => points.map((point) => point.values[key])).filter(Number.isFinite);
    this.#top = unit * niceTop([...values, least].map((value) => value / unit));
    this.#scale.textContent = format(this.#top);
    put(
      this.#plot,
      lines.map(({ key }, i) => s('path', { class: `line series-${i + 1}`, d: this.#path(key) })),
    );
    this.#showValues();
    if (this.#details.open) this.#fillTable();
  }

  /** Gaps where there is no value. */
  #path(key) {
    let text = '';
    let isDown = false;
    for (const { at, values } of this.#points) {
      const value = values[key];
      if (!Number.isFinite(value)) {
        isDown = false;
        continue;
      }
      text += `${isDown ? 'L' : 'M'}${this.#x(at).toFixed(1)} ${yOf(value / this.#top).toFixed(1)}`;
      // A value between two gaps is a dot.
      if (!isDown) text += 'h0.1';
      isDown = true;
    }
    return text;
  }

  #x(at) {
    const newest = this.#points.at(-1)?.at ?? 0;
    return width - edge.right - ((newest - at) / this.#spanMs) * (width - edge.left - edge.right);
  }

  #point(event) {
    const { left, width: shown } = this.#svg.getBoundingClientRect();
    const x = ((event.clientX - left) / shown) * width;
    let nearest;
    for (const [i, { at }] of this.#points.entries()) {
      const away = Math.abs(this.#x(at) - x);
      if (nearest === undefined || away < nearest.away) nearest = { i, away };
    }
    this.#choose(nearest?.i);
  }

  #key(event) {
    const last = this.#points.length - 1;
    const at = this.#at ?? last + 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.#choose(Math.min(last, Math.max(0, to)));
  }

  #choose(at) {
    this.#at = at;
    this.#showValues();
  }

  #showValues() {
    const { lines, format } = this.#about;
    const isChosen = this.#at !== undefined && this.#at < this.#points.length;
    const point = isChosen ? this.#points[this.#at] : this.#points.at(-1);
    this.#when.textContent = isChosen ? clock(point.at) : '';
    this.#cursor.toggleAttribute('hidden', !isChosen);
    if (isChosen) for (const end of ['x1', 'x2']) this.#cursor.setAttribute(end, this.#x(point.at));
    put(
      this.#legend,
      lines.map(({ key, name }, i) =>
        h(
          'div',
          null,
          h('dt', null, h('span', { class: `swatch series-${i + 1}`, 'aria-hidden': 'true' }), name),
          h('dd', null, point && Number.isFinite(point.values[key]) ? format(point.values[key]) : '–'),
        ),
      ),
    );
  }

  #fillTable() {
    if (!this.#details.open) return;
    const { lines, format } = this.#about;
    const rows = this.#points.slice(-tableRows).reverse();
    put(
      this.#table,
      h(
        'table',
        null,
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            ['Time', ...lines.map(({ name }) => name)].map((name) => h('th', { scope: 'col' }, name)),
          ),
        ),
        h(
          'tbody',
          null,
          rows.map(({ at, values }) =>
            h('tr', null, [
              h('td', null, clock(at)),
              ...lines.map(({ key }) => h('td', null, Number.isFinite(values[key]) ? format(values[key]) : '–')),
            ]),
          ),
        ),
      ),
    );
  }
}

function yOf(share) {
  return height - edge.bottom - Math.min(1, Math.max(0, share)) * (height - edge.top - edge.bottom);
}
