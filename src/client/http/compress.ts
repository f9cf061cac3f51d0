import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import type { Compression } from '../infer-options.js';

const compressors = { gzip: promisify(gzip), deflate: promisify(deflate) };

/** A body in one piece, smaller. It is made on a thread of libuv. */
export async function compressed(body: readonly Uint8Array[], how: Compression): Promise<readonly Uint8Array[]> {
  return [await compressors[how](Buffer.concat(body))];
}
