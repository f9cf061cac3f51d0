/** Icons, drawn with lines on 24 × 24. They mean nothing by themselves: a text is always beside them. */
import { s } from './dom.js';

const paths = {
  flame:
    'M12 2.5c1 3.2 5.5 5.6 5.5 11a5.5 5.5 0 0 1-11 0c0-2.2 1-3.6 2.2-4.8.3 1.7 1 2.6 1.9 3.1-.3-3.6.2-6.6 1.4-9.3z',
  pulse: 'M3 12h4l3-8 4 16 3-8h4',
  sun: 'M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM12 2v2M12 20v2M4.2 4.2l1.4 1.4M18.4 18.4l1.4 1.4M2 12h2M20 12h2M4.2 19.8l1.4-1.4M18.4 5.6l1.4-1.4',
  moon: 'M20.5 14.5A8.5 8.5 0 0 1 9.5 3.5a8.5 8.5 0 1 0 11 11z',
  auto: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  done: 'M5 12.5l4.5 4.5L19 7.5',
  undo: 'M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 5l12 7-12 7z',
  key: 'M15.5 3.5a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11.5 12L3 20.5M6 17.5l2.5 2.5',
  image: 'M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17M15.5 9.5h.01',
  book: 'M4 5a2 2 0 0 1 2-2h14v18H6a2 2 0 0 1-2-2zM4 18a2 2 0 0 1 2-1h14',
};

/** @param {keyof typeof paths} name */
export function icon(name) {
  return s('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, s('path', { d: paths[name] }));
}
