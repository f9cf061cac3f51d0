/** Asks before something is done that stops answers. */
import { freshId, h } from './dom.js';

/** @returns {Promise<boolean>} */
export function confirmed(title, text, action) {
  const id = freshId('confirm');
  return new Promise((resolve) => {
    const dialog = h(
      'dialog',
      {
        class: 'dialog',
        'aria-labelledby': id,
        onclose: () => (dialog.remove(), resolve(dialog.returnValue === 'yes')),
      },
      h(
        'form',
        { method: 'dialog' },
        h('h2', { id }, title),
        h('p', null, text),
        h(
          'div',
          { class: 'row' },
          h('button', { value: 'no', autofocus: true }, 'Cancel'),
          h('button', { value: 'yes', class: 'danger' }, action),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
