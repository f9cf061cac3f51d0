/** The tab Manage of a model: what changes it. Offered to whoever has the admin scope. */
import { get, request } from './api.js';
import { canaryPart } from './canary.js';
import { confirmed } from './confirm.js';
import { announce, freshId, h, put } from './dom.js';
import { adminPath } from './paths.js';

export function actionsView(model, state, store) {
  const outcome = h('div', { class: 'outcome', role: 'status' });
  const versions = state.models.filter(({ name }) => name === model.name);
  /** Does it, and says what became of it. */
  const act = async (what, path, options) => {
    put(outcome, h('p', { class: 'notice' }, `${what} …`));
    try {
      await request(path, options);
      put(outcome, h('p', { class: 'notice done' }, `${what}: done.`));
      announce(`${what}: done.`);
      return true;
    } catch (error) {
      put(
        outcome,
        h('div', { class: 'notice bad', role: 'alert' }, h('strong', null, error.code), h('p', null, error.message)),
      );
      return false;
    } finally {
      void store.refresh();
    }
  };
  return h(
    'div',
    { class: 'overview' },
    outcome,
    section('This version', lifePart(model, act)),
    section('Aliases', aliasPart(model, versions, act)),
    section('Canary', canaryPart(model, versions, act, store)),
  );
}

const section = (title, ...children) => h('section', { class: 'watch' }, h('h2', null, title), children);
const button = (text, onclick, kind = '') => h('button', { type: 'button', class: kind, onclick }, text);

function lifePart({ name, version, state, reason }, act) {
  const change = { method: 'POST', json: { version } };
  const load = (what) => act(what, adminPath(name, '/load'), change);
  const unload = async () => {
    const text = `${name} ${version} answers no more requests. What was begun is answered first.`;
    if (await confirmed('Unload this version?', text, 'Unload')) void act('Unload', adminPath(name, '/unload'), change);
  };
  const isRefused = /quarantine|again and again/i.test(reason ?? '');
  return h(
    'div',
    { class: 'row' },
    state === 'READY'
      ? [button('Load anew', () => void load('Load')), button('Unload', () => void unload(), 'danger')]
      : button('Load', () => void load('Load'), 'primary'),
    isRefused && button('Clear quarantine', () => void act('Clear', adminPath(name, '/clear'), change)),
  );
}

function aliasPart({ name, version }, versions, act) {
  const place = h('div', { class: 'aliases' });
  const show = async () => {
    let report;
    try {
      report = await get(adminPath(name, '/aliases'));
    } catch (error) {
      put(place, h('p', { class: 'hint' }, error.message));
      return;
    }
    const names = [...new Set([...Object.keys(report.aliases), ...Object.keys(report.serving)])].sort();
    put(
      place,
      names.length === 0 && h('p', { class: 'hint' }, 'This model has no aliases.'),
      names.map((alias) => row(alias, report.aliases[alias] ?? report.serving[alias])),
      moveForm(),
    );
  };
  const move = async (alias, to) => {
    const text = `Requests for ${name}@${alias} are answered by ${to} from then on.`;
    if (!(await confirmed(`Move @${alias} to ${to}?`, text, 'Move'))) return;
    const path = adminPath(name, `/aliases/${encodeURIComponent(alias)}`);
    if (await act(`Move @${alias}`, path, { method: 'PUT', json: { version: to } })) void show();
  };
  const drop = async (alias) => {
    if (
      !(await confirmed(`Take @${alias} away?`, `Requests for ${name}@${alias} are refused from then on.`, 'Take away'))
    )
      return;
    if (
      await act(`Take @${alias} away`, adminPath(name, `/aliases/${encodeURIComponent(alias)}`), { method: 'DELETE' })
    )
      void show();
  };
  const row = (alias, meant) =>
    h(
      'div',
      { class: 'row alias-row' },
      h('span', { class: 'tag alias' }, `@${alias}`),
      h('span', null, meant),
      meant !== version && button(`Move to ${version}`, () => void move(alias, version)),
      button('Take away', () => void drop(alias), 'quiet'),
    );
  const moveForm = () => {
    const id = freshId('alias');
    const alias = h('input', {
      id,
      autocomplete: 'off',
      spellcheck: 'false',
      required: true,
      pattern: '[A-Za-z][A-Za-z0-9_\\-]{0,63}',
      placeholder: 'champion',
    });
    const to = h(
      'select',
      { 'aria-label': 'Version that it means' },
      versions.map((each) => h('option', { value: each.version, selected: each.version === version }, each.version)),
    );
    return h(
      'form',
      { class: 'row', onsubmit: (event) => (event.preventDefault(), void move(alias.value, to.value)) },
      h('label', { for: id }, 'Alias'),
      alias,
      to,
      h('button', null, 'Set'),
    );
  };
  void show();
  return place;
}
