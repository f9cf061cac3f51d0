/** Room on the disk, asked for before it is filled. */

import { statfs } from 'node:fs/promises';
import { torchError, type TorchError } from '../errors.js';

const tenths = (bytes: number, round: (value: number) => number): string => (round(bytes / 1e5) / 10).toFixed(1);

/** @throws ERR_DOWNLOAD with what is needed, what there is, and where */
export async function requireSpace(folder: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < bytes)
    throw noSpace(
      folder,
      `Expected ${tenths(bytes, Math.ceil)} MB for ${what}, but ${tenths(free, Math.floor)} MB are free`,
    );
}

/** What became of a write: a full disk as ERR_DOWNLOAD, anything else as it is. */
export function fullDisk(folder: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' ? noSpace(folder, `The disk is full (${code})`, error) : error;
}

function noSpace(folder: string, what: string, cause?: unknown): TorchError {
  const fix = `free some in ${folder}, or set NODE_LIBTORCH_CACHE to a folder elsewhere`;
  return torchError('ERR_DOWNLOAD', `${what}\n  fix: ${fix}`, { cause });
}
