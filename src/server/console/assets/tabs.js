/** Tabs as the ARIA practices have them: arrow keys move, one of them is in the order of Tab. */
import { freshId, h } from './dom.js';

/**
 * @param {{ key: string, title: string }[]} tabs
 * @param {string} chosen
 * @param {{ label: string, className?: string, onchoose: (key: string) => void, panel: HTMLElement }} options
 */
export function tabList(tabs, chosen, { label, className = 'tabs', onchoose, panel }) {
  panel.id ||= freshId('panel');
  panel.setAttribute('role', 'tabpanel');
  const buttons = tabs.map(({ key, title }) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: freshId('tab'),
        'aria-controls': panel.id,
        data: { key },
        onclick: () => choose(key),
        onkeydown: (event) => move(event),
      },
      title,
    ),
  );
  const mark = (key) => {
    for (const button of buttons) {
      const isChosen = button.dataset.key === key;
      button.setAttribute('aria-selected', String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
      if (isChosen) panel.setAttribute('aria-labelledby', button.id);
    }
  };
  const choose = (key) => {
    mark(key);
    onchoose(key);
  };
  const move = (event) => {
    const at = buttons.indexOf(event.currentTarget);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = buttons[(to + buttons.length) % buttons.length];
    choose(next.dataset.key);
    next.focus();
  };
  mark(chosen);
  return h('div', { class: className, role: 'tablist', 'aria-label': label }, buttons);
}
