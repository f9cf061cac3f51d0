/** Wheels on their way into a set: what was verified stays until the set is whole, so that nothing is fetched twice. */

import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './staging.js';

const staleMs = 7 * 24 * 3600 * 1000;
let count = 0;

/** A folder of the cache. Several processes may use it at once. */
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
      const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
      if (age > staleMs) await rm(path, { force: true });
    }
    return new Downloads(folder);
  }

  /** Where a verified file lies. */
  path(file: string): string {
    return join(this.folder, file);
  }

  /** A file of this call alone to write to, with what earlier runs had got. */
  async claim(file: string): Promise<string> {
    const own = join(this.folder, `${file}.part-${process.pid}-${++count}`);
    for (const name of await readdir(this.folder)) {
      if (!name.startsWith(`${file}.part`)) continue;
      const owner = /-(\d+)-\d+$/.exec(name.slice(file.length))?.[1];
      if (owner !== undefined && isAlive(Number(owner))) continue;
      // Of two that try, one gets it.
      if (await renamed(join(this.folder, name), own)) break;
    }
    return own;
  }

  /** Leaves an unfinished part to the next run. */
  async release(part: string, file: string): Promise<void> {
    await renamed(part, join(this.folder, `${file}.part`));
  }

  /** Removes verified files, and the folder when it is empty. */
  async discard(files: readonly string[]): Promise<void> {
    for (const file of files) await rm(this.path(file), { force: true });
    await this.leave();
  }

  /** Removes the folder when it is empty. */
  async leave(): Promise<void> {
    await rmdir(this.folder).catch(() => undefined);
  }
}

async function renamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}
