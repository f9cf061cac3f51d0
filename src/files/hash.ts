/** sha256 of files, streamed: the wheels are half a gigabyte. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { torchError } from '../errors.js';

/** Lower-case hex sha256 of a file. */
export async function sha256File(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { ...(signal && { signal }) });
  return hash.digest('hex');
}

export interface Expected {
  readonly sha256: string;
  /** What the error calls the file. */
  readonly name: string;
  /** Where its bytes are decided. */
  readonly fix: string;
}

/** Throws ERR_INTEGRITY unless the file's bytes are the pinned ones. */
export async function checkSha256(path: string, { sha256, name, fix }: Expected, signal?: AbortSignal): Promise<void> {
  const found = await sha256File(path, signal);
  if (found === sha256) return;
  throw torchError(
    'ERR_INTEGRITY',
    `${name} is not the pinned file: expected sha256 ${sha256} but received ${found}. Nothing of it was used.\n` +
      `  fix: ${fix}`,
  );
}
