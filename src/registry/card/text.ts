/** Text of a record was written by anybody: what a card shows of it is harmless, and no longer than it may be. */

/** C0 and C1 controls but the line feed. */
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;
/** They turn the direction of what follows, or are not seen: a reader would see another text than a program does. */
const unseen =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
/** Halves of pairs and places that hold no character: YAML and JSON of others refuse them. */
const noCharacters = /[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/gu;

/** Longest text of a list or a table, in UTF-16 units. */
const mostInline = 500;

/** Without what is not seen, and with line feeds alone between lines. */
export function clean(text: string): string {
  return text
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(unseen, '')
    .replace(noCharacters, '\ufffd')
    .replace(controls, ' ');
}

/** One line of at most so many units, that says how long it was where it is cut. */
export function line(text: string, most = mostInline): string {
  const whole = clean(text).replace(/\s+/g, ' ').trim();
  if (whole.length <= most) return whole;
  // Not between the halves of a pair.
  const end = /[\ud800-\udbff]/.test(whole.charAt(most - 1)) ? most - 1 : most;
  return `${whole.slice(0, end)}… (${whole.length} characters)`;
}

/** Punctuation that Markdown or HTML takes for more than itself, wherever it stands. */
const special = /[\\`*{}[\]<>&|~$^]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g;

/** Markdown that shows a line as it is, in a paragraph, a list or the cell of a table. */
export function escapeLine(text: string, most?: number): string {
  return line(text, most)
    .replace(special, (character) => entities[character] ?? `\\${character}`)
    .replace(/^(#{1,6}|[-+=]+|:)(?=\s|$|-)/, '\\$1')
    .replace(/^(\d{1,9})([.)])(?=\s|$)/, '$1\\$2')
    .replace(/:\/\//g, ':\\/\\/') // an address of a stranger is text, and no link
    .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}\\.`);
}

/** A backslash would not do for all readers of Markdown; an entity does. */
const entities: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '|': '\\|' };

/** A name or a digest as code; what a span of code cannot hold is escaped as text instead. */
export function code(text: string, most?: number): string {
  const whole = line(text, most);
  return whole === '' || /[`|\\]/.test(whole) ? escapeLine(whole, most) || '(empty)' : `\`${whole}\``;
}

/** Paragraphs of text. Lines stay lines; nothing of it becomes a heading, a list, HTML or a link. */
export function prose(text: string): string {
  return clean(text)
    .split(/\n\s*\n/)
    .map((paragraph) =>
      paragraph
        .split('\n')
        .map((part) => escapeLine(part, Infinity))
        .filter((part) => part !== '')
        .join('\\\n'),
    )
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}
