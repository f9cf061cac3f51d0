/** What is shown where there is nothing to show. */
import { h, put } from './dom.js';
import { icon } from './icons.js';
import { statusOf } from './sidebar.js';

export function emptyView(state, error, place) {
  if (!state)
    return h(
      'div',
      { class: 'empty' },
      icon('flame'),
      h('h1', null, error ? 'The server does not answer' : 'Connecting'),
      error && h('p', null, error.message),
    );
  if (place?.name !== undefined) {
    return h(
      'div',
      { class: 'empty' },
      h('h1', null, 'No such model here'),
      h('p', null, 'Neither served nor in the registry: ', h('code', null, place.name)),
    );
  }
  return h(
    'div',
    { class: 'empty' },
    icon('flame'),
    h('h1', null, 'No models yet'),
    h('p', null, 'Start the server with a model, and it appears here:'),
    h('pre', null, 'node-libtorch serve model.pt'),
  );
}

/** A line above the content while the server is not as it should be. */
export function announceStatus(banner, state, error) {
  const [kind, text] = statusOf(state, error);
  banner.hidden = kind === 'good' || error?.needsToken || (!state && !error);
  banner.className = `banner ${kind}`;
  if (!banner.hidden) put(banner, text);
}
