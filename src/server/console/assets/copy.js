/** A button that copies a text. */
import { announce, h, put } from './dom.js';
import { icon } from './icons.js';

/** @param {() => string} textOf @param {string} what for whoever cannot see it, such as "digest" */
export function copyButton(textOf, what, label = '') {
  const button = h('button', {
    type: 'button',
    class: 'quiet copy',
    'aria-label': `Copy ${what}`,
    title: `Copy ${what}`,
  });
  const show = (name, text) => put(button, icon(name), text);
  button.addEventListener('click', async () => {
    await copy(textOf());
    show('done', label && 'Copied');
    announce(`Copied ${what}.`);
    setTimeout(() => show('copy', label), 1500);
  });
  show('copy', label);
  return button;
}

/** Over plain HTTP a page has no clipboard, unless its host is this machine. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h('textarea', { class: 'off-screen', readonly: true, value: text });
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
