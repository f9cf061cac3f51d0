/** A version of a model: its head, and tabs with what there is to see and to do. */
import { get } from './api.js';
import { renderCard } from './card.js';
import { freshId, h, put } from './dom.js';
import { detailsPath, placeOf } from './paths.js';
import { showFault } from './fault.js';
import { byName } from './store.js';
import { tabList } from './tabs.js';
import { actionsView } from './view-actions.js';
import { monitoringView } from './view-monitoring.js';
import { overviewView } from './view-overview.js';
import { tryView } from './view-try.js';

const tabs = [
  { key: 'try', title: 'Try', make: tryView },
  { key: 'overview', title: 'Overview', make: overviewView },
  { key: 'card', title: 'Card', make: (model) => renderCard(model.record.card), isFor: (model) => model.record?.card },
  { key: 'monitoring', title: 'Monitoring', make: monitoringView, isFor: (model) => model.state === 'READY' },
  { key: 'manage', title: 'Manage', make: actionsView, isFor: (model, { may }) => may.act },
];

/**
 * @param {{ name: string, version: string, tab?: string }} place
 * @param {import('./store.js').Store} store
 */
export async function showModel(main, place, store, isCurrent) {
  let model;
  try {
    model = await get(detailsPath(place));
  } catch (error) {
    if (isCurrent()) showFault(main, error);
    return;
  }
  if (!isCurrent()) return;
  const { state } = store;
  const offered = tabs.filter(({ isFor = () => true }) => isFor(model, state));
  const first = model.state === 'READY' && state.may.try ? 'try' : 'overview';
  const chosen = offered.some(({ key }) => key === place.tab) ? place.tab : first;
  const panel = h('div', { class: 'panel' });
  const show = (key) => {
    const tab = offered.find((each) => each.key === key);
    put(panel, tab.make(model, state, store));
  };
  const list = tabList(
    offered.map(({ key, title }) => ({ key, title })),
    chosen,
    {
      label: `${model.name} ${model.version}`,
      panel,
      onchoose: (key) => {
        history.replaceState(null, '', placeOf(model, key));
        show(key);
      },
    },
  );
  put(main, head(model, state), list, panel);
  document.title = `${model.name} ${model.version} · node-libtorch`;
  show(chosen);
}

const stateWords = { READY: 'Ready', LOADING: 'Loading', UNLOADING: 'Unloading', UNAVAILABLE: 'Not up' };
const stateKinds = { READY: 'good', LOADING: 'fair', UNLOADING: 'fair' };

function head(model, { models }) {
  const { name, version, state } = model;
  const aliases = model.aliases ?? [];
  return h(
    'div',
    { class: 'model-head' },
    h('h1', null, name),
    h(
      'div',
      { class: 'row chips' },
      versionChoice(byName(models).get(name) ?? [model], version),
      h(
        'span',
        { class: `state ${stateKinds[state] ?? 'off'}` },
        h('span', { class: 'dot', 'aria-hidden': 'true' }),
        stateWords[state] ?? state,
      ),
      aliases.map((alias) => h('span', { class: 'tag alias', title: 'Alias' }, `@${alias}`)),
      model.isDefault && h('span', { class: 'tag', title: 'Requests that name no version get this one' }, 'default'),
      model.engine && h('span', { class: 'tag' }, model.engine),
      model.device && h('span', { class: 'tag' }, model.device),
    ),
  );
}

/** A list where there are several. */
function versionChoice(versions, current) {
  if (versions.length === 1) return h('span', { class: 'tag version' }, current);
  const id = freshId('version');
  const select = h(
    'select',
    { id, 'aria-label': 'Version', onchange: () => (location.hash = select.value) },
    versions.map((each) => {
      const aliases = (each.aliases ?? []).map((alias) => ` @${alias}`).join('');
      const state = each.state === 'READY' ? '' : ` (${(stateWords[each.state] ?? each.state).toLowerCase()})`;
      return h(
        'option',
        { value: placeOf(each), selected: each.version === current },
        `${each.version}${aliases}${state}`,
      );
    }),
  );
  return select;
}
