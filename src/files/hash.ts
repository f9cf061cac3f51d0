/** The sha256 of files, taken in pieces: a model or a wheel may have gigabytes. */

import { createHash } from 'node:crypto';
import { torchError } from '../errors.js';
import { notRegular, withRegularFile } from './regular-file.js';

/** What a file holds. */
export interface FileDigest {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** The digest of bytes as they pass by. */
export class RunningDigest {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  update(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#bytes += piece.length;
  }

  /** Ends it: no more bytes may follow. */
  finish(): FileDigest {
    return { sha256: this.#hash.digest('hex'), bytes: this.#bytes };
  }
}

/**
 * Hashes a regular file.
 * @param what names the file in errors; default its path
 * @param onBytes told of each piece that is done
 * @throws ERR_INTEGRITY for anything but a regular file, `signal.reason`; ENOENT and the like as they come
 */
export async function digestFile(
  path: string,
  what = path,
  signal?: AbortSignal,
  onBytes?: (bytes: number) => void,
): Promise<FileDigest> {
  return await withRegularFile(path, notRegular(what), async ({ file }) => {
    const digest = new RunningDigest();
    for await (const piece of file.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 })) {
      signal?.throwIfAborted();
      digest.update(piece as Buffer);
      onBytes?.((piece as Buffer).length);
    }
    signal?.throwIfAborted();
    return digest.finish();
  });
}

export interface PinnedFile {
  readonly sha256: string;
  /** What the error calls the file. */
  readonly name: string;
  /** How to get the right bytes. */
  readonly fix: string;
}

/** @throws ERR_INTEGRITY unless the file's bytes are the pinned ones; otherwise as digestFile */
export async function requirePinned(
  path: string,
  { sha256, name, fix }: PinnedFile,
  signal?: AbortSignal,
): Promise<void> {
  const found = await digestFile(path, name, signal);
  if (found.sha256 === sha256) return;
  throw torchError(
    'ERR_INTEGRITY',
    `${name} is not the pinned file: expected sha256 ${sha256} but received ${found.sha256}. Nothing of it was used.\n` +
      `  fix: ${fix}`,
  );
}
