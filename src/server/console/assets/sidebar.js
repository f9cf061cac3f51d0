/** Beside the content: which models there are, and the way to what the server does. */
import { freshId, h, put } from './dom.js';
import { icon } from './icons.js';
import { placeOf } from './paths.js';
import { byName } from './store.js';
import { themeButton } from './theme.js';

const manyModels = 9;

export class Sidebar {
  #list = h('ul', { class: 'models' });
  #filter;
  #filterFrame;
  #status = h('p', { class: 'status', role: 'status' });
  #live = h('a', { href: '#/live', class: 'nav' }, icon('pulse'), 'Live');
  #shown = '';
  element;

  constructor() {
    const id = freshId('filter');
    this.#filter = h('input', {
      id,
      type: 'search',
      placeholder: 'Filter',
      'aria-label': 'Filter models',
      oninput: () => this.#applyFilter(),
    });
    this.#filterFrame = h('div', { class: 'filter', hidden: true }, this.#filter);
    this.element = h(
      'header',
      { class: 'sidebar' },
      h(
        'div',
        { class: 'brand' },
        h('a', { href: '#/', class: 'brand-name' }, icon('flame'), 'node-libtorch'),
        themeButton(),
      ),
      h(
        'nav',
        { 'aria-label': 'Console' },
        this.#live,
        h(
          'a',
          { href: new URL('docs', new URL(document.body.dataset.base, location.href)).href, class: 'nav' },
          icon('book'),
          'API',
        ),
        h('h2', { class: 'nav-title' }, 'Models'),
        this.#filterFrame,
        this.#list,
      ),
      this.#status,
    );
  }

  /** @param {object} state of the server @param {{ view: string, name?: string }} place */
  show(state, place, error) {
    mark(this.#live, place.view === 'live');
    this.#showStatus(state, error);
    const names = byName(state?.models ?? []);
    this.#filterFrame.hidden = names.size < manyModels;
    const text = JSON.stringify([
      [...names].map(([name, all]) => [name, all.map(({ version, state: up }) => [version, up])]),
      place.name,
      place.view,
    ]);
    if (text === this.#shown) return;
    this.#shown = text;
    put(
      this.#list,
      [...names].map(([name, versions]) => entry(name, versions, place)),
    );
    this.#applyFilter();
  }

  #applyFilter() {
    const wanted = this.#filterFrame.hidden ? '' : this.#filter.value.trim().toLowerCase();
    for (const item of this.#list.children) item.hidden = !item.dataset.name.toLowerCase().includes(wanted);
  }

  #showStatus(state, error) {
    const [kind, text] = statusOf(state, error);
    this.#status.className = `status ${kind}`;
    put(this.#status, h('span', { class: 'dot', 'aria-hidden': 'true' }), h('span', null, text));
  }
}

function entry(name, versions, place) {
  const [first] = versions;
  const isUp = versions.some(({ state }) => state === 'READY');
  const kind = isUp ? 'good' : versions.some(({ state }) => state === 'LOADING') ? 'fair' : 'off';
  const link = h(
    'a',
    { href: placeOf(first), class: 'nav model-link', title: name },
    h('span', { class: `dot ${kind}`, 'aria-hidden': 'true' }),
    h('span', { class: 'model-name' }, name),
    h('span', { class: 'model-versions' }, versions.length === 1 ? first.version : `${versions.length}`),
  );
  mark(link, place.view === 'models' && place.name === name);
  return h('li', { data: { name } }, link);
}

function mark(link, isHere) {
  if (isHere) link.setAttribute('aria-current', 'page');
  else link.removeAttribute('aria-current');
}

const statusTexts = {
  ready: ['good', 'Ready'],
  loading: ['fair', 'Loading models'],
  draining: ['fair', 'Shutting down: what was begun is answered'],
  closed: ['bad', 'Closed'],
  stuck: ['bad', 'A model is stuck'],
};

/** In colour and in words. */
export function statusOf(state, error) {
  if (error?.needsToken) return ['fair', 'Asks for a token'];
  if (error) return ['bad', error.status === 0 ? 'Not reachable; trying again' : error.message];
  if (!state) return ['fair', 'Connecting'];
  return statusTexts[state.status] ?? ['bad', state.reason ?? state.status];
}
