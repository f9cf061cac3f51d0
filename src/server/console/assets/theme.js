/** Light or dark: as the system has it, or as the reader chose. */
import { h, put } from './dom.js';
import { icon } from './icons.js';

const key = 'node-libtorch theme';
const choices = ['auto', 'light', 'dark'];
const icons = { auto: 'auto', light: 'sun', dark: 'moon' };
const names = { auto: 'as the system', light: 'light', dark: 'dark' };

let chosen = stored();

function stored() {
  try {
    const value = localStorage.getItem(key);
    return choices.includes(value) ? value : 'auto';
  } catch {
    return 'auto';
  }
}

function apply() {
  if (chosen === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  document.dispatchEvent(new Event('themechange'));
}

export function themeButton() {
  const button = h('button', { type: 'button', class: 'quiet theme', onclick: () => turn() });
  const show = () => {
    button.setAttribute('aria-label', `Colours: ${names[chosen]}`);
    button.title = `Colours: ${names[chosen]}`;
    put(button, icon(icons[chosen]));
  };
  const turn = () => {
    chosen = choices[(choices.indexOf(chosen) + 1) % choices.length];
    try {
      localStorage.setItem(key, chosen);
    } catch {
      // It holds for this page.
    }
    apply();
    show();
  };
  show();
  return button;
}

apply();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
  document.dispatchEvent(new Event('themechange')),
);
