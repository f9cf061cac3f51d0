/** A card in Markdown as elements. Links lead to pages only, and tell them nothing. */
import { h } from './dom.js';
import { isSafeUrl, parseMarkdown } from './markdown.js';

/** @param {string} markdown */
export function renderCard(markdown) {
  // The name of the model is on the page already.
  const blocks = parseMarkdown(markdown);
  const [first, ...rest] = blocks;
  const shown = first?.type === 'heading' && first.level === 1 ? rest : blocks;
  return h('article', { class: 'card' }, shown.map(block));
}

const makers = {
  heading: ({ level, children }) => h(`h${Math.min(6, level + 1)}`, null, inlines(children)),
  paragraph: ({ children }) => h('p', null, inlines(children)),
  quote: ({ children }) => h('blockquote', null, inlines(children)),
  list: ({ ordered, items }) =>
    h(
      ordered ? 'ol' : 'ul',
      null,
      items.map((item) => h('li', null, inlines(item))),
    ),
  code: ({ text }) => h('pre', { tabindex: 0 }, text),
  rule: () => h('hr'),
  table: ({ head, rows }) =>
    h(
      'div',
      { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': 'Table' },
      h(
        'table',
        null,
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            head.map((cell) => h('th', { scope: 'col' }, inlines(cell))),
          ),
        ),
        h(
          'tbody',
          null,
          rows.map((cells) =>
            h(
              'tr',
              null,
              cells.map((cell) => h('td', null, inlines(cell))),
            ),
          ),
        ),
      ),
    ),
};

const inlineMakers = {
  text: ({ text }) => text,
  code: ({ text }) => h('code', null, text),
  strong: ({ children }) => h('strong', null, inlines(children)),
  em: ({ children }) => h('em', null, inlines(children)),
  link: ({ url, children }) =>
    isSafeUrl(url)
      ? h('a', { href: url, rel: 'noopener noreferrer nofollow', target: '_blank' }, inlines(children))
      : h('span', null, inlines(children)),
};

const block = (node) => makers[node.type](node);
const inlines = (nodes) => nodes.map((node) => inlineMakers[node.type](node));
