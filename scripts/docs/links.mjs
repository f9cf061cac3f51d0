// Relative links and anchors of Markdown pages.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { parse } from './pages.mjs';

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(path) {
  const counts = new Map();
  const anchors = new Set();
  for (const { text } of parse(readFileSync(path, 'utf8')).prose) {
    for (const [, id] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
    const title = /^#{1,6}\s+(.*?)\s*#*$/.exec(text)?.[1];
    if (title === undefined) continue;
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const seen = counts.get(slug) ?? 0;
    counts.set(slug, seen + 1);
    anchors.add(seen === 0 ? slug : `${slug}-${seen}`);
  }
  return anchors;
}

/** Targets of inline links, of images, of reference definitions and of HTML. */
function targetsOf(text) {
  const plain = text.replace(/(`+).*?\1/g, '');
  const inline = [...plain.matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map((match) => match[1]);
  const html = [...plain.matchAll(/\b(?:src|srcset|href)="([^"\s]+)"/g)].map((match) => match[1]);
  const reference = /^\s*\[[^\]]+\]:\s+<?([^\s>]+)>?/.exec(plain);
  return [...inline, ...html, ...(reference ? [reference[1]] : [])];
}

function brokenBecause(root, path, target) {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined; // elsewhere: not ours to check
  const [file, anchor] = target.split('#', 2).map(decodeURIComponent);
  const to = file === '' ? path : resolve(dirname(path), file);
  if (relative(root, to).startsWith('..')) return 'leads out of the repository';
  if (!existsSync(to)) return 'no such file';
  if (anchor === undefined) return undefined;
  if (statSync(to).isDirectory() || !to.endsWith('.md')) return 'only Markdown pages have anchors';
  return anchorsOf(to).has(anchor) ? undefined : 'no such heading';
}

/** What is wrong with the links of a page, a line each. @param {string} page relative to the root */
export function linkFaults(root, page) {
  const path = resolve(root, page);
  return parse(readFileSync(path, 'utf8')).prose.flatMap(({ line, text }) =>
    targetsOf(text).flatMap((target) => {
      const why = brokenBecause(root, path, target);
      return why === undefined ? [] : [`${page}:${line}: ${target}: ${why}`];
    }),
  );
}
