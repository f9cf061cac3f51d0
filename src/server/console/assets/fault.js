/** Errors and empty places, in words. */
import { h, put } from './dom.js';

export function showFault(place, error) {
  put(
    place,
    h(
      'div',
      { class: 'notice bad', role: 'alert' },
      h('strong', null, error.code ?? 'Error'),
      h('p', null, error.message),
      error.requestId && h('p', { class: 'hint' }, 'Request ', h('code', null, error.requestId)),
    ),
  );
}
