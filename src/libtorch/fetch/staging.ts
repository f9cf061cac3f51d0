/** Temporary folders beside the sets: the same filesystem, so that a rename puts a finished folder in place. */

import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { owner, stateOf } from './owner.js';

const prefix = '.tmp-';
/** Longer than any fetch takes; younger ones may belong to a process of another machine that is still working. */
const staleMs = 6 * 3600 * 1000;

export interface Staging extends AsyncDisposable {
  readonly path: string;
}

/** A fresh folder under `root`, which exists; gone when disposed. Also sweeps what killed processes left. */
export async function openStaging(root: string): Promise<Staging> {
  await sweep(root);
  const path = await mkdtemp(join(root, `${prefix}${owner}-`));
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function sweep(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith(prefix) && (await isStale(join(root, name), name))) {
      await rm(join(root, name), { recursive: true, force: true });
    }
  }
}

async function isStale(path: string, name: string): Promise<boolean> {
  const made = await stat(path).catch(() => undefined);
  if (made === undefined) return false;
  return Date.now() - made.mtimeMs > staleMs || stateOf(name.slice(prefix.length, name.lastIndexOf('-'))) === 'gone';
}

/** Moves a finished file or folder to its place; one that is there already is put aside into the staging folder. */
export async function replace(from: string, to: string, staging: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== 'ENOTEMPTY' && code !== 'EEXIST') || attempt === 3) throw error;
      await rename(to, join(staging, `old-${attempt}`)).catch(() => undefined);
    }
  }
}
