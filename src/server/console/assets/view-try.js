/** The tab Try of a version: the ways that its signature allows. */
import { h, put } from './dom.js';
import { waysToTry } from './signature.js';
import { tabList } from './tabs.js';
import { tryByDrawing } from './try-draw.js';
import { tryByImage } from './try-image.js';
import { tryByJson } from './try-json.js';

const ways = {
  draw: { title: 'Draw', make: tryByDrawing },
  image: { title: 'Image', make: tryByImage },
  json: { title: 'JSON', make: tryByJson },
};

export function tryView(model, { may }) {
  if (!may.try) return notice('Predictions are answered over the port of inference, not over this one.');
  if (model.state !== 'READY') return notice('This version is not up, so it cannot be tried.');
  const names = waysToTry(model);
  if (names.length === 0) return notice('This model has no method forward, so no request can be answered by it.');
  const place = h('div');
  const show = (name) => put(place, ways[name].make(model));
  show(names[0]);
  if (names.length === 1) return place;
  const choice = tabList(
    names.map((name) => ({ key: name, title: ways[name].title })),
    names[0],
    { label: 'How to try it', className: 'segments', onchoose: show, panel: place },
  );
  return h('div', null, choice, place);
}

const notice = (text) => h('p', { class: 'notice' }, text);
