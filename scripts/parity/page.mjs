// docs/parity.md, from what the last runs of both comparisons have found.

import { readFile, writeFile } from 'node:fs/promises';
import { page } from './report.mjs';

const at = (path) => new URL(path, import.meta.url);
const json = async (path) => JSON.parse(await readFile(at(path), 'utf8'));

/** Writes the page anew. @returns its text */
export async function writePage() {
  const text = page(await json('report.json'), await json('opinfo-report.json'));
  await writeFile(at('../../docs/parity.md'), text);
  return text;
}
