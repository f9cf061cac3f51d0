/** Asks for a token, where the server wants one. */
import { freshId, h } from './dom.js';
import { icon } from './icons.js';
import { hasToken, useToken } from './session.js';

/** @param {Error} error what the server said @param {() => void} given called when there is a token */
export function tokenForm(error, given) {
  const id = freshId('token');
  const input = h('input', { id, type: 'password', autocomplete: 'off', spellcheck: 'false', required: true });
  const keeps = h('input', { type: 'checkbox' });
  const isWrong = hasToken();
  return h(
    'form',
    {
      class: 'token-form',
      onsubmit: (event) => {
        event.preventDefault();
        useToken(input.value, keeps.checked);
        given();
      },
    },
    icon('key'),
    h('h1', null, 'This server asks for a token'),
    isWrong && h('p', { class: 'notice bad', role: 'alert' }, error.message),
    h('label', { for: id }, 'Bearer token'),
    input,
    h('label', { class: 'check' }, keeps, 'Keep it until this tab is closed'),
    h('button', { class: 'primary' }, 'Show the console'),
    h('p', { class: 'hint' }, 'It stays in the memory of this page and is sent to this server alone.'),
  );
}
