// Copies the pages of the repository to where VitePress reads them. Links between them are kept; one that is called by its file gets the page's
// title. A link to a file that the site does not have becomes plain text, because no address of the repository is known here.

import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path/posix';
import { extras, fileOf, placeOf, sections } from './structure.mjs';

const link = /(!?)\[((?:[^\][]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g;

/** A page's text with links for the site. `site`: where the repository is (`root`), and which files the site has (`places`). */
function withLinks(text, file, site) {
  const inCode = /(^```[^]*?^```$|`[^`\n]*`)/m;
  return text
    .split(inCode)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(link, (...found) => linkOf(found, file, site))))
    .join('');
}

function linkOf([whole, image, label, target], file, site) {
  const { root, places } = site;
  if (/^([a-z]+:|#)/.test(target)) return whole;
  const [path, anchor] = target.split('#');
  const to = normalize(join(dirname(file), path));
  const place = places.get(to) ?? places.get(`${to.replace(/\/$/, '')}/README.md`);
  if (place === undefined) return image ? '' : withLinks(label, file, site);
  const href = relative(dirname(places.get(file)), place);
  const isFileName = /^[\w/.-]+\.md$/.test(label) && to.endsWith('.md');
  const name = image ? label : isFileName ? titleOf(root, to) : withLinks(label, file, site);
  return `${image}[${name}](${href.startsWith('.') ? href : `./${href}`}${anchor ? `#${anchor}` : ''})`;
}

/** @param {string} root the repository @param {string} to an empty folder is made there @throws where a page is in no section */
export function copyPages(root, to) {
  rmSync(to, { recursive: true, force: true });
  const listed = [...sections.flatMap(({ pages }) => pages.map(fileOf)), 'docs/README.md', ...extras].filter((file) =>
    existsSync(join(root, file)),
  );
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true }).filter((name) => name.endsWith('.md'));
  const missing = inDocs.map((name) => `docs/${name}`).filter((file) => !listed.includes(file));
  if (missing.length > 0) throw new Error(`site/structure.mjs has no section for ${missing.join(', ')}`);
  const pictures = ['docs/images', 'benchmarks/plots']
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((file) => /\.(png|svg)$/.test(file));
  const places = new Map([...listed, ...pictures].map((file) => [file, placeOf(file)]));
  for (const [file, place] of places) {
    mkdirSync(dirname(join(to, place)), { recursive: true });
    if (!file.endsWith('.md')) copyFileSync(join(root, file), join(to, place));
    else writeFileSync(join(to, place), withLinks(readFileSync(join(root, file), 'utf8'), file, { root, places }));
  }
}

/** The title of a page: its first heading. */
export function titleOf(root, file) {
  const title = /^# (.*)$/m.exec(readFileSync(join(root, file), 'utf8'))?.[1] ?? file;
  return title.replace(/`/g, '').replace(/^Guide: (.)/, (_, first) => first.toUpperCase());
}
