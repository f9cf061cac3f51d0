/** Everything that writes to a registry goes through here, so that a test can let any one call of it fail. */

import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** What a name in a folder is. Links are not followed. */
type Kind = 'none' | 'file' | 'folder' | 'special';

/** A file that is being written. */
export interface DiskFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Its content is on the disk when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The calls of the file system that a store makes. They throw what the system says. */
export interface Disk {
  kind(path: string): Promise<Kind>;
  /** Names in a folder; none where there is no folder. */
  names(path: string): Promise<string[]>;
  makeFolder(path: string): Promise<void>;
  /** Makes a file that was not there; it is never written again. */
  create(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** The names in the folder are on the disk when it resolves. */
  syncFolder(path: string): Promise<void>;
  /** Removes a file, a link or a folder with all that is in it; follows no link. */
  remove(path: string): Promise<void>;
  /** Removes a folder if it is empty. */
  removeEmpty(path: string): Promise<void>;
}

/** Nobody writes to it again: what changes gets a new file. */
const readOnly = 0o444;

export const realDisk: Disk = {
  async kind(path) {
    const status = await lstat(path).catch(unless('ENOENT', 'ENOTDIR'));
    if (!status) return 'none';
    return status.isDirectory() ? 'folder' : status.isFile() ? 'file' : 'special';
  },
  names: async (path) => (await readdir(path).catch(unless('ENOENT', 'ENOTDIR'))) ?? [],
  makeFolder: async (path) => {
    await mkdir(path);
  },
  create: async (path) => new WrittenFile(await open(path, 'wx', readOnly)),
  rename,
  syncFolder,
  remove: (path) => rm(path, { recursive: true, force: true }),
  removeEmpty: async (path) => {
    await rmdir(path).catch(unless('ENOTEMPTY', 'EEXIST', 'ENOENT'));
  },
};

class WrittenFile implements DiskFile {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) done += (await this.#file.write(bytes, done)).bytesWritten;
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders; its renames are on the disk when they return.
  if (process.platform === 'win32') return;
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems, of networks and of FUSE, cannot do that to folders.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  } finally {
    await folder.close();
  }
}

/** For a catch: these codes are an answer, others an error. */
const unless =
  (...codes: readonly string[]) =>
  (error: unknown): undefined => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  };
