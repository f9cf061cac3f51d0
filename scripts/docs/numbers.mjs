// Numbers that a page repeats from docs/benchmarks.md: each must stand there.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const mark = '<!-- numbers above: docs/benchmarks.md -->';
const numbersOf = (text) => text.match(/\d[\d,.]*\d/g) ?? [];

/** The numbers between each mark and the heading before it that the page of benchmarks lacks, a line each. */
export function numberFaults(root, page) {
  const measured = numbersOf(readFileSync(join(root, 'docs/benchmarks.md'), 'utf8'));
  const parts = readFileSync(join(root, page), 'utf8').split(mark).slice(0, -1);
  return parts
    .flatMap((part) => numbersOf(part.slice(part.lastIndexOf('\n## '))))
    .filter((number) => !measured.includes(number))
    .map((number) => `${page}: ${number} is not in docs/benchmarks.md`);
}
