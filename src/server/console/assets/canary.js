/** The canary of a model: a share of its requests for another version, what was seen of it, and its end. */
import { get } from './api.js';
import { confirmed } from './confirm.js';
import { freshId, h, put } from './dom.js';
import { count, duration, moment, percent } from './format.js';
import { adminPath } from './paths.js';

const everyMs = 2000;

export function canaryPart({ name }, versions, act, store) {
  const place = h('div', { class: 'canary' });
  const path = adminPath(name, '/canary');
  let form;
  let wasRunning;
  const show = async () => {
    if (document.hidden) return again();
    try {
      // Asked only where there is one: the browser itself complains about an answer 404.
      if (!store.state?.canaries?.includes(name)) throw Object.assign(new Error('No canary'), { status: 404 });
      const canary = await get(path);
      const isRunning = canary.state === 'running';
      if (isRunning !== wasRunning || !form) form = setForm(versions, canary, send);
      wasRunning = isRunning;
      put(place, reportOf(canary), isRunning && buttons(canary), form);
    } catch (error) {
      // 404 is the usual case: there is none.
      if (error.status !== 404) put(place, h('p', { class: 'hint' }, error.message));
      else {
        if (wasRunning !== undefined || !form) form = setForm(versions, undefined, send);
        wasRunning = undefined;
        if (form.parentNode !== place || place.childNodes.length !== 2)
          put(
            place,
            h(
              'p',
              { class: 'hint' },
              'A canary gives another version a share of the requests that name no version, and takes it back by itself when it breaks a limit.',
            ),
            form,
          );
      }
    }
    again();
  };
  // What is being typed is left alone.
  let timer;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => place.isConnected && (place.contains(document.activeElement) ? again() : void show()),
      everyMs,
    );
  };
  const now = async () => {
    await store.refresh();
    form = undefined;
    await show();
  };
  const send = async (settings) => {
    if (await act('Set the canary', path, { method: 'PUT', json: settings })) await now();
  };
  const buttons = ({ version, stable }) =>
    h(
      'div',
      { class: 'row' },
      h(
        'button',
        {
          type: 'button',
          class: 'primary',
          onclick: async () => {
            if (
              !(await confirmed(
                `Promote ${version}?`,
                `It answers all requests from then on, in place of ${stable}.`,
                'Promote',
              ))
            )
              return;
            if (await act('Promote', `${path}/promote`, { method: 'POST' })) await now();
          },
        },
        'Promote',
      ),
      h(
        'button',
        {
          type: 'button',
          class: 'danger',
          onclick: async () => {
            if (
              !(await confirmed('Roll back the canary?', `${stable} answers all requests from then on.`, 'Roll back'))
            )
              return;
            if (await act('Roll back', path, { method: 'DELETE' })) await now();
          },
        },
        'Roll back',
      ),
    );
  void show();
  return place;
}

function reportOf({ version, stable, state, share, reason, since, numbers, windowSeconds }) {
  const isRunning = state === 'running';
  const side = (title, { answers, errors, errorRate, p95Ms }) =>
    h(
      'tr',
      null,
      h('th', { scope: 'row' }, title),
      [
        count(answers),
        count(errors),
        errorRate === null ? '–' : percent(errorRate),
        p95Ms === null ? '–' : duration(p95Ms),
      ].map((cell) => h('td', null, cell)),
    );
  return h(
    'div',
    { class: 'canary-report' },
    h(
      'p',
      { class: `level ${isRunning ? 'good' : 'bad'}` },
      h('span', { class: 'dot', 'aria-hidden': 'true' }),
      isRunning ? `${version} gets ${percent(share)} of the requests` : `${version} was rolled back`,
    ),
    reason && h('p', { class: 'notice bad' }, reason),
    h(
      'div',
      { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': 'What was seen of the canary' },
      h(
        'table',
        null,
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            [`Last ${windowSeconds} s`, 'Answers', 'Errors', 'Error rate', 'P95'].map((head) =>
              h('th', { scope: 'col' }, head),
            ),
          ),
        ),
        h('tbody', null, side(`Canary ${version}`, numbers.canary), side(`Stable ${stable}`, numbers.stable)),
      ),
    ),
    h(
      'p',
      { class: 'hint' },
      `Since ${moment(since)}. `,
      numbers.compared > 0 && `${count(numbers.disagreed)} of ${count(numbers.compared)} compared answers differ.`,
    ),
  );
}

/** Fields of the limits: what is left empty has the server's default. */
const limitFields = [
  { key: 'maxErrorRate', title: 'Error rate, at most above stable (%)', scale: 100, placeholder: '2' },
  { key: 'maxLatencyRatio', title: 'Latency, times stable', scale: 1, placeholder: '2' },
  { key: 'maxDisagreement', title: 'Other answers, at most (%)', scale: 100, placeholder: 'not compared' },
  { key: 'windowSeconds', title: 'Window (s)', scale: 1, placeholder: '60' },
];

/** Options without a field, which a change leaves as they are: what it does not name would have the server's default. */
const otherOptions = ['alias', 'maxLatencyMs', 'keepLoaded'];

function setForm(versions, canary, send) {
  // The default may be the canary of an alias.
  const others = versions.filter(({ isDefault, version }) => !isDefault || version === canary?.version);
  if (others.length === 0) return h('p', { class: 'hint' }, 'This model has no other version.');
  const id = freshId('share');
  const select = h(
    'select',
    { 'aria-label': 'Version of the canary' },
    others.map(({ version }) => h('option', { value: version, selected: version === canary?.version }, version)),
  );
  const shown = h('output', { for: id });
  const slider = h('input', {
    id,
    type: 'range',
    min: 1,
    max: 100,
    value: Math.round((canary?.share || 0.05) * 100),
    oninput: () => (share = Number(slider.value) / 100) && show(),
  });
  // A share between the slider's steps stays until the slider is moved.
  let share = canary?.share || 0.05;
  const show = () => (shown.textContent = `${Number((share * 100).toPrecision(6))} %`);
  const sticky = h('input', {
    id: `${id}-sticky`,
    autocomplete: 'off',
    placeholder: 'none: at random',
    value: canary?.sticky ?? '',
  });
  const inputs = limitFields.map(({ key, scale, placeholder }) => {
    const given = canary?.[key];
    return h('input', {
      id: `${id}-${key}`,
      inputmode: 'decimal',
      autocomplete: 'off',
      placeholder,
      value: given === undefined ? '' : String(Number((given * scale).toPrecision(6))),
    });
  });
  const settings = () => {
    const limits = limitFields.flatMap(({ key, scale }, i) =>
      inputs[i].value.trim() === '' ? [] : [[key, Number(inputs[i].value.replace(',', '.')) / scale]],
    );
    const kept = otherOptions.filter((key) => canary?.[key] !== undefined).map((key) => [key, canary[key]]);
    return {
      ...Object.fromEntries(kept),
      version: select.value,
      share,
      ...(sticky.value.trim() !== '' && { sticky: sticky.value.trim() }),
      ...Object.fromEntries(limits),
    };
  };
  show();
  return h(
    'form',
    {
      class: 'canary-form',
      onsubmit: (event) => (event.preventDefault(), document.activeElement?.blur(), void send(settings())),
    },
    h(
      'div',
      { class: 'row' },
      select,
      h('label', { for: id }, 'gets'),
      slider,
      shown,
      h(
        'button',
        { class: canary?.state === 'running' ? '' : 'primary' },
        canary?.state === 'running' ? 'Change' : 'Start',
      ),
    ),
    h(
      'details',
      null,
      h('summary', null, 'Limits'),
      h(
        'div',
        { class: 'fields' },
        limitFields.map(({ key, title }, i) => h('div', null, h('label', { for: `${id}-${key}` }, title), inputs[i])),
        h('div', null, h('label', { for: sticky.id }, 'Sticky by the header'), sticky),
      ),
    ),
  );
}
