/** Steps that are taken back, the last one first, when a later one fails. */

import type { Disk } from './disk.js';
import { markUnsettled, planted } from './storage-error.js';

/** One change of a registry. Its steps are durable in the order in which they are taken. */
export class Change {
  readonly #disk: Disk;
  readonly #undo: (() => Promise<void>)[] = [];

  private constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Takes the steps of `work`; when one fails, everything before it is taken back. @throws what the step throws */
  static async of<T>(disk: Disk, work: (change: Change) => Promise<T>): Promise<T> {
    const change = new Change(disk);
    try {
      return await work(change);
    } catch (error) {
      for (const undo of change.#undo.reverse()) {
        await undo().catch(() => {
          markUnsettled(error);
        });
      }
      throw error;
    }
  }

  /** A folder that may be there. @throws ERR_INTEGRITY when something else is */
  async folder(parent: string, name: string): Promise<string> {
    const path = `${parent}/${name}`;
    const kind = await this.#disk.kind(path);
    if (kind === 'folder') return path;
    if (kind !== 'none') throw planted(path, 'a folder');
    await this.#disk.makeFolder(path);
    this.#undo.push(() => this.#disk.removeEmpty(path));
    await this.#disk.syncFolder(parent);
    return path;
  }

  /** Moves a file or folder to a place of the same file system where nothing is. */
  async move(from: string, folder: string, name: string): Promise<void> {
    const to = `${folder}/${name}`;
    await this.#disk.rename(from, to);
    this.#undo.push(() => this.#disk.rename(to, from));
    await this.#disk.syncFolder(folder);
  }

  /** Puts a finished file in the place of another one, of which the old bytes are given. */
  async replace(from: string, folder: string, name: string, old: Uint8Array | undefined): Promise<void> {
    const to = `${folder}/${name}`;
    await this.#disk.rename(from, to);
    this.#undo.push(async () => {
      if (old === undefined) {
        await this.#disk.remove(to);
        return;
      }
      await writeNew(this.#disk, from, old);
      await this.#disk.rename(from, to);
    });
    await this.#disk.syncFolder(folder);
  }
}

/** Writes a file that was not there; it is on the disk when it resolves, though perhaps not yet its name. */
export async function writeNew(disk: Disk, path: string, content: string | Uint8Array): Promise<void> {
  const file = await disk.create(path);
  try {
    await file.write(typeof content === 'string' ? Buffer.from(content) : content);
    await file.sync();
  } finally {
    await file.close();
  }
}
