// Remembers what each build step was last run on, so that a step whose inputs are the same is skipped.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** sha256 over the contents of files and folders (recursively, of files that match) and over plain texts. */
export function fingerprint(root, names, texts = [], matching = /^/) {
  const hash = createHash('sha256');
  for (const name of names) {
    for (const file of filesOf(join(root, name)).filter((path) => matching.test(path))) {
      hash.update(file.slice(root.length)).update('\0').update(readFileSync(file));
    }
  }
  for (const text of texts) hash.update('\0').update(String(text));
  return hash.digest('hex');
}

function filesOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The stamps of one working tree, in a file of the build folder. */
export class Stamps {
  #path;
  #stamps;

  constructor(path) {
    this.#path = path;
    try {
      this.#stamps = JSON.parse(readFileSync(path, 'utf8'));
    } catch {
      this.#stamps = {};
    }
  }

  /** Whether a step last succeeded on these inputs and what it made is still there. */
  isFresh(step, inputs, outputs) {
    return (
      this.#stamps[step] === inputs && outputs.every((path) => statSync(path, { throwIfNoEntry: false }) !== undefined)
    );
  }

  set(step, inputs) {
    this.#stamps[step] = inputs;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, `${JSON.stringify(this.#stamps, null, 2)}\n`);
  }
}
