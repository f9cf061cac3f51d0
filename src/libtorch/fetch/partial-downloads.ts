/** Wheels on their way into a set: what was verified stays until the set is whole, so that nothing is fetched twice. */

import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { owner, stateOf } from './staging.js';

const staleMs = 7 * 24 * 3600 * 1000;
/** Longer than a download waits for its next byte, all tries together, and than a wheel is hashed. */
const quietMs = 10 * 60 * 1000;

/** A folder of the cache, which stays: several processes, of several machines, may use it at once. */
export class Downloads {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder, and removes from it what nobody came back for within a week. */
  static async open(cache: string): Promise<Downloads> {
    const folder = join(cache, 'downloads');
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const isLitter = name.includes('.scratch-') && writerOf(name) === 'gone';
      if (isLitter || (await quietFor(path)) > staleMs) await rm(path, { recursive: true, force: true });
    }
    return new Downloads(folder);
  }

  /** Where a verified file lies. */
  path(file: string): string {
    return join(this.folder, file);
  }

  /** A file of this call alone to write to, with what earlier runs had got. */
  async claim(file: string): Promise<string> {
    const own = this.own(file, 'part');
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      // Of two that try, one gets it.
      if (name.startsWith(`${file}.part`) && (await isFree(path, name)) && (await renamed(path, own))) break;
    }
    return own;
  }

  /** The name of a folder of this call alone. */
  scratch(file: string): string {
    return this.own(file, 'scratch');
  }

  /** Leaves an unfinished part to the next run. */
  async release(part: string, file: string): Promise<void> {
    await renamed(part, join(this.folder, `${file}.part`));
  }

  /** Removes verified files. */
  async discard(files: readonly string[]): Promise<void> {
    for (const file of files) await rm(this.path(file), { force: true });
  }

  /** A name that nobody else has, and that `writerOf` reads. */
  private own(file: string, kind: 'part' | 'scratch'): string {
    return join(this.folder, `${file}.${kind}-${owner}-${randomUUID().slice(0, 8)}`);
  }
}

/** Whether nobody writes to a part: it was released, or its writer has ended or, of another place, been quiet for long. */
async function isFree(path: string, name: string): Promise<boolean> {
  const state = writerOf(name);
  return state === 'none' || state === 'gone' || (state === 'unknown' && (await quietFor(path)) > quietMs);
}

function writerOf(name: string): ReturnType<typeof stateOf> | 'none' {
  const writer = /\.(?:part|scratch)-(.*)-\w+$/.exec(name)?.[1];
  return writer === undefined ? 'none' : stateOf(writer);
}

/** Milliseconds since the last change; none for what is gone meanwhile. */
async function quietFor(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}

async function renamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}
