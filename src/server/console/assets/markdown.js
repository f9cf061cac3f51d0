/**
 * The part of Markdown that cards have, as a tree: headings, paragraphs, lists, tables, code, emphasis, links. What is HTML stays text.
 * No DOM: card.js makes elements of the tree.
 */

/** @typedef {{ type: 'text' | 'code', text: string } | { type: 'strong' | 'em', children: Inline[] } | { type: 'link', url: string, children: Inline[] }} Inline */
/** @typedef {{ type: 'heading', level: number, children: Inline[] } | { type: 'paragraph', children: Inline[] } | { type: 'list', ordered: boolean, items: Inline[][] } | { type: 'table', head: Inline[][], rows: Inline[][][] } | { type: 'code', text: string } | { type: 'quote', children: Inline[] } | { type: 'rule' }} Block */

/** A card is a page; more would take a browser long. */
const longest = 200_000;
const deepest = 8;

const fence = /^ {0,3}(`{3,}|~{3,})/;
const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const item = /^ {0,3}(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/;
const rule = /^ {0,3}([-*_])\s*(?:\1\s*){2,}$/;
const divider = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** @param {string} text @returns {Block[]} */
export function parseMarkdown(text) {
  const lines = withoutFrontMatter(text.slice(0, longest)).split(/\r?\n/);
  const blocks = [];
  for (let at = 0; at < lines.length;) {
    const read = readers.reduce((found, reader) => found ?? reader(lines, at), undefined);
    if (read.block) blocks.push(read.block);
    at = read.next;
  }
  return blocks;
}

/** What Hugging Face reads of a card. */
function withoutFrontMatter(text) {
  return text.replace(/^---\r?\n[\s\S]*?\n---\r?\n/, '');
}

/** Each reads a block that begins at a line, and says where the next begins; undefined where it is none of its kind. */
const readers = [
  (lines, at) => (lines[at].trim() === '' ? { next: at + 1 } : undefined),
  readCode,
  (lines, at) => {
    const [, marks, text] = heading.exec(lines[at]) ?? [];
    return marks && { block: { type: 'heading', level: marks.length, children: inline(text) }, next: at + 1 };
  },
  (lines, at) => (rule.test(lines[at]) ? { block: { type: 'rule' }, next: at + 1 } : undefined),
  readTable,
  readList,
  readQuote,
  readParagraph,
];

function readCode(lines, at) {
  const [, marks] = fence.exec(lines[at]) ?? [];
  if (!marks) return undefined;
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(marks)) end++;
  return { block: { type: 'code', text: lines.slice(at + 1, end).join('\n') }, next: end + 1 };
}

function readTable(lines, at) {
  if (!lines[at].includes('|') || !divider.test(lines[at + 1] ?? '') || !lines[at + 1].includes('-')) return undefined;
  const head = cellsOf(lines[at]);
  const rows = [];
  let end = at + 2;
  for (; end < lines.length && lines[end].includes('|'); end++) rows.push(cellsOf(lines[end]));
  return { block: { type: 'table', head, rows }, next: end };
}

/** `\|` is a bar in a cell. */
function cellsOf(line) {
  const bare = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return bare.split(/(?<!\\)\|/).map((cell) => inline(cell.trim().replaceAll('\\|', '|')));
}

function readList(lines, at) {
  const first = item.exec(lines[at]);
  if (!first) return undefined;
  const ordered = first[2] !== undefined;
  const texts = [];
  let end = at;
  for (; end < lines.length; end++) {
    const match = item.exec(lines[end]);
    if (match && (match[2] !== undefined) === ordered) texts.push(match[3]);
    else if (!match && /^\s{2,}\S/.test(lines[end])) texts.push(`${texts.pop()} ${lines[end].trim()}`);
    else break;
  }
  return { block: { type: 'list', ordered, items: texts.map((text) => inline(text)) }, next: end };
}

function readQuote(lines, at) {
  if (!/^ {0,3}>/.test(lines[at])) return undefined;
  let end = at;
  while (end < lines.length && /^ {0,3}>/.test(lines[end])) end++;
  const text = lines.slice(at, end).map((line) => line.replace(/^ {0,3}> ?/, ''));
  return { block: { type: 'quote', children: inline(text.join(' ')) }, next: end };
}

function readParagraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() !== '' && !startsBlock(lines, end)) end++;
  return { block: { type: 'paragraph', children: inline(lines.slice(at, end).join(' ')) }, next: end };
}

function startsBlock(lines, at) {
  return [heading, item, rule, fence, /^ {0,3}>/].some((pattern) => pattern.test(lines[at]));
}

/** Marks within a line, the first that matches. `\` takes the meaning from the sign behind it. */
const marks = [
  [/^\\([\\`*_{}[\]()#+\-.!|<>&~])/, ([, sign]) => ({ type: 'text', text: sign })],
  [/^(`+)(.+?)\1(?!`)/, ([, , text]) => ({ type: 'code', text: text.replace(/^ (.*) $/, '$1') })],
  [/^\*\*(?=\S)(.+?)(?<=\S)\*\*/, ([, text], depth) => ({ type: 'strong', children: inline(text, depth) })],
  [/^\*(?=[^\s*])([^*]*?[^\s*])\*/, ([, text], depth) => ({ type: 'em', children: inline(text, depth) })],
  [
    /^\[([^\][]+)\]\(<?([^\s()<>]+)>?\)/,
    ([, text, url], depth) => ({ type: 'link', url, children: inline(text, depth) }),
  ],
  [/^<(https?:\/\/[^\s<>]+)>/, ([, url]) => ({ type: 'link', url, children: [{ type: 'text', text: url }] })],
  [/^&(amp|lt|gt|quot|#\d{1,6});/, ([whole, name]) => ({ type: 'text', text: entity(name) ?? whole })],
];

const entities = { amp: '&', lt: '<', gt: '>', quot: '"' };

function entity(name) {
  if (!name.startsWith('#')) return entities[name];
  const code = Number(name.slice(1));
  return code > 31 && code < 0x110000 ? String.fromCodePoint(code) : undefined;
}

/** @returns {Inline[]} */
function inline(text, depth = 0) {
  const found = [];
  const say = (piece) => {
    if (piece.type === 'text' && found.at(-1)?.type === 'text') found.at(-1).text += piece.text;
    else found.push(piece);
  };
  if (depth >= deepest) return [{ type: 'text', text }];
  for (let at = 0; at < text.length;) {
    // Nothing but these signs can begin a mark.
    const plain = /^[^\\`*[<&]+/.exec(text.slice(at))?.[0] ?? '';
    if (plain !== '') say({ type: 'text', text: plain });
    at += plain.length;
    if (at >= text.length) break;
    const rest = text.slice(at);
    const [match, make] = firstMark(rest);
    say(match ? make(match, depth + 1) : { type: 'text', text: rest[0] });
    at += match ? match[0].length : 1;
  }
  return found;
}

function firstMark(rest) {
  for (const [pattern, make] of marks) {
    const match = pattern.exec(rest);
    if (match) return [match, make];
  }
  return [null, null];
}

/** A link that leads to a page, and runs nothing. */
export function isSafeUrl(url) {
  return /^https?:\/\//i.test(url) || /^#/.test(url);
}
