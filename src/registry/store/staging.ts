/** A version in the making: files that are copied in and hashed, and seen by nobody until they are committed. */

import { randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expected, torchError } from '../../errors.js';
import { RunningDigest, type FileDigest } from '../../files/hash.js';
import { withModelFile } from '../../files/regular-file.js';
import { isRelativeFile } from '../names.js';
import type { Disk } from './disk.js';
import { takeLock, type Held } from './lock.js';
import { stagedVersion, type Places } from './places.js';
import { storageError } from './storage-error.js';

export interface Staging {
  /** Where the files lie until they are committed: a folder that holds nothing else. */
  readonly folder: string;
  /**
   * Copies a file into the folder and hashes the very bytes that it writes.
   * @param as its name there, with `/` between folders
   * @throws ERR_MODEL_LOAD for what is no readable file, ERR_INTEGRITY for one that changes meanwhile, ERR_STORAGE_FULL,
   * ERR_STORAGE, ERR_INVALID_ARGUMENT for an unsafe or a second name, `signal.reason`
   */
  take(file: string, as: string, signal?: AbortSignal): Promise<FileDigest>;
  /** Removes it with all that is in it. After a commit it does nothing. Never throws: the next writer removes what is left. */
  discard(): Promise<void>;
}

const pieceBytes = 2 ** 20;

/** What `Store.stage` gives, as `Store.commit` takes it. */
export class OpenStaging implements Staging {
  readonly id: string;
  readonly folder: string;
  /** What was taken, by name. */
  readonly files = new Map<string, FileDigest>();
  readonly #disk: Disk;
  readonly #places: Places;
  readonly #held: Held;
  #discarding: Promise<void> | undefined;

  private constructor(disk: Disk, places: Places, id: string, held: Held) {
    this.#disk = disk;
    this.#places = places;
    this.#held = held;
    this.id = id;
    this.folder = join(places.artifacts, id, 'files');
  }

  /** The writer's lock is held meanwhile: nobody takes a staging without a lock for one whose maker is dead. */
  static async create(disk: Disk, places: Places): Promise<OpenStaging> {
    const id = randomUUID();
    const record = join(places.records, id);
    const artifact = join(places.artifacts, id);
    let held: Held | undefined;
    try {
      await disk.makeFolder(record);
      held = await takeLock(join(record, 'lock'));
      if (!held) throw torchError('ERR_INTERNAL', 'Expected to have the lock of a new file');
      await disk.makeFolder(artifact);
      await disk.makeFolder(join(artifact, 'files'));
      return new OpenStaging(disk, places, id, held);
    } catch (error) {
      await disk.remove(artifact).catch(() => undefined);
      await disk.remove(record).catch(() => undefined);
      await held?.release();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#discarding === undefined;
  }

  /** The folder of what is staged of the record. */
  get recordFolder(): string {
    return join(this.#places.records, this.id);
  }

  async take(file: string, as: string, signal?: AbortSignal): Promise<FileDigest> {
    checkRelative(as);
    if (!this.isOpen) throw expected('a staging that is open', 'take', 'one that was committed or discarded');
    if (this.files.has(as)) throw expected('a name that is not taken', 'take', as);
    try {
      const digest = await withModelFile(file, ({ file: source, size }) => this.#copy(source, size, file, as, signal));
      this.files.set(as, digest);
      return digest;
    } catch (error) {
      throw storageError(error, `copy ${file} into the registry`, true);
    }
  }

  async #copy(source: Source, size: number, from: string, as: string, signal?: AbortSignal): Promise<FileDigest> {
    const path = join(this.folder, as);
    await this.#makeFolders(dirname(as));
    await requireSpace(this.folder, size, from);
    const target = await this.#disk.create(path);
    try {
      const digest = new RunningDigest();
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size + 1));
      for (let done = 0; ;) {
        signal?.throwIfAborted();
        const { bytesRead } = await source.read(piece, 0, piece.length);
        done += bytesRead;
        // One that grows for ever, such as a log, would be copied for ever.
        if (done > size || (bytesRead === 0 && done < size)) throw changed(from);
        if (bytesRead === 0) break;
        const bytes = piece.subarray(0, bytesRead);
        digest.update(bytes);
        await target.write(bytes);
      }
      await target.sync();
      return digest.finish();
    } catch (error) {
      await this.#disk.remove(path).catch(() => undefined);
      throw error;
    } finally {
      await target.close();
    }
  }

  async #makeFolders(relative: string): Promise<void> {
    if (relative === '.') return;
    await this.#makeFolders(dirname(relative));
    const path = join(this.folder, relative);
    if ((await this.#disk.kind(path)) === 'none') await this.#disk.makeFolder(path);
  }

  /** Each folder of the files that were taken is on the disk when it resolves, the outermost last. */
  async sync(): Promise<void> {
    const folders = new Set([...this.files.keys()].flatMap(foldersOf));
    for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
      await this.#disk.syncFolder(join(this.folder, folder));
    }
  }

  discard(): Promise<void> {
    return (this.#discarding ??= this.#remove());
  }

  /** Leaves it to the next writer, as a crash would: a commit could not be taken back, and it says what is to be done. */
  leave(): void {
    this.#discarding ??= this.#held.release();
  }

  async #remove(): Promise<void> {
    try {
      await sweep(this.#disk, this.#places, this.id);
    } catch {
      // The next writer removes it.
    } finally {
      await this.#held.release().catch(() => undefined);
    }
  }
}

/**
 * Removes what is staged under an id. First what says which version it was about: from there on nothing of that version is
 * taken for a part of it. Last the twin by which the rest is found.
 */
export async function sweep(disk: Disk, { records, artifacts }: Places, id: string): Promise<void> {
  const record = join(records, id);
  for (const name of await disk.names(record)) {
    if (stagedVersion(name)) await disk.remove(join(record, name));
  }
  await disk.remove(join(artifacts, id));
  await disk.remove(record);
}

interface Source {
  read(into: Buffer, at: number, bytes: number): Promise<{ bytesRead: number }>;
}

/** `a/b/c.bin` → `.`, `a`, `a/b` */
function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return ['.', ...parts.map((_part, index) => parts.slice(0, index + 1).join('/'))];
}

const changed = (file: string) =>
  torchError('ERR_INTEGRITY', `Expected ${file} to stay as it is while it is copied, but its length changed`);

/** @throws ERR_INVALID_ARGUMENT for a path that another system reads otherwise, or that leads out of its folder */
function checkRelative(path: unknown): asserts path is string {
  if (isRelativeFile(path)) return;
  throw expected('a path of plain names, joined by /', 'the name of a file in a version', path);
}

/** Before gigabytes are written, of which the last do not fit. @throws ERR_STORAGE_FULL */
async function requireSpace(folder: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize, blocks } = await statfs(folder);
  // Some file systems do not tell.
  if (blocks === 0 || bavail * bsize >= bytes) return;
  throw torchError(
    'ERR_STORAGE_FULL',
    `Expected room for the ${bytes} bytes of ${what}, but ${bavail * bsize} bytes are free in ${folder}. Nothing was changed\n` +
      '  fix: free some space, or take folders on another disk',
  );
}
