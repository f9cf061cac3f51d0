/** The console: a sidebar, a place for content, and the way between them. */
import { announceStatus, emptyView } from './empty.js';
import { h, put } from './dom.js';
import { placeFrom } from './paths.js';
import { Sidebar } from './sidebar.js';
import { Store } from './store.js';
import { tokenForm } from './token-form.js';
import { showLive } from './view-live.js';
import { showModel } from './view-model.js';

const store = new Store();
const sidebar = new Sidebar();
const main = h('main', { id: 'main', tabindex: -1 });
const banner = h('div', { class: 'banner', role: 'status', hidden: true });

/** What is on the page: it is made anew where this changes. */
let shown = '';
let turn = 0;

function placeNow() {
  const place = placeFrom(location.hash);
  if (place.view === 'live') return place;
  const models = store.state?.models ?? [];
  const ofName = models.filter(({ name }) => name === place.name);
  const known =
    ofName.find(({ version }) => version === place.version) ?? (place.name === undefined ? undefined : ofName[0]);
  const first =
    models.find(({ name, isDefault }) => name === store.state?.defaultModel && isDefault) ??
    models.find(({ state }) => state === 'READY') ??
    models[0];
  const chosen = known ?? (place.name === undefined ? first : undefined);
  return chosen ? { ...place, name: chosen.name, version: chosen.version } : place;
}

function show() {
  const { state, error } = store;
  const place = placeNow();
  sidebar.show(state, place, error);
  announceStatus(banner, state, error);
  const key = keyOf(place, state, error);
  if (key === shown) return;
  shown = key;
  const mine = ++turn;
  if (error?.needsToken)
    return put(
      main,
      tokenForm(error, () => ((shown = ''), void store.refresh())),
    );
  if (!state) return put(main, emptyView(state, error));
  if (place.view === 'live') return showLive(main, store);
  if (place.name === undefined || !state.models.some(({ name }) => name === place.name)) {
    return put(main, emptyView(state, error, place));
  }
  void showModel(main, place, store, () => mine === turn);
}

/** A version whose state, bytes or names change is shown anew; statistics are not looked at. */
function keyOf({ view, name, version, tab }, state, error) {
  if (error?.needsToken) return `token ${error.status} ${error.message}`;
  if (!state) return error ? 'unreachable' : 'connecting';
  if (view === 'live') return view;
  const model = state.models.find((each) => each.name === name && each.version === version);
  const others = state.models.filter((each) => each.name === name).map((each) => [each.version, each.state]);
  return JSON.stringify([
    view,
    name,
    version,
    tab,
    model?.state,
    model?.reason,
    model?.digest,
    model?.aliases,
    state.may,
    others,
  ]);
}

function moved() {
  show();
  // Whoever listens to the page hears where it has gone.
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

put(
  document.body,
  h(
    'a',
    { href: '#main', class: 'skip', onclick: (event) => (event.preventDefault(), main.focus()) },
    'Skip to content',
  ),
  sidebar.element,
  h('div', { class: 'content' }, banner, main),
  h('div', { id: 'announcer', class: 'off-screen', 'aria-live': 'polite' }),
);
show();
addEventListener('hashchange', moved);
store.addEventListener('change', show);
void store.start();
