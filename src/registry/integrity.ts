import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { torchError } from '../errors.js';

/** What a file turned out to hold. */
export interface FileDigest {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * The real path of a file below `root`. Links are followed, so that mounted volumes may hold them, but they may not
 * lead out of `root`, which is a real path itself.
 * @throws ERR_INTEGRITY when the file lies elsewhere; ENOENT and the like as they come
 */
export async function containedPath(root: string, ...segments: readonly string[]): Promise<string> {
  const real = await realpath(join(root, ...segments));
  const inside = relative(root, real);
  if (inside === '' || inside.split(sep)[0] === '..' || isAbsolute(inside)) {
    throw torchError('ERR_INTEGRITY', `Expected ${join(...segments)} to lie inside its folder but it links out of it`);
  }
  return real;
}

/** Content of a small regular file. @throws ERR_INTEGRITY for anything else; ENOENT and the like as they come */
export function readSmallFile(path: string, what: string, maxBytes: number): Promise<string> {
  return withRegularFile(path, what, async (file, size) => {
    if (size > maxBytes) {
      throw torchError('ERR_INTEGRITY', `Expected ${what} to be at most ${maxBytes} bytes but it has ${size}`);
    }
    return file.readFile('utf8');
  });
}

/** Hashes a regular file in pieces, so that its size does not matter. @throws as readSmallFile */
export function digestFile(path: string, what: string): Promise<FileDigest> {
  return withRegularFile(path, what, async (file) => {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 2 ** 18 })) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
    return { sha256: hash.digest('hex'), bytes };
  });
}

async function withRegularFile<T>(path: string, what: string, use: (file: FileHandle, size: number) => Promise<T>) {
  // Without O_NONBLOCK a FIFO in the place of the file would hold a thread of the pool for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw torchError('ERR_INTEGRITY', `Expected ${what} to be a regular file`);
    return await use(file, stat.size);
  } finally {
    await file.close();
  }
}
