import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
const compressors = { gzip: promisify(gzip), deflate: promisify(deflate) };
/** A body in one piece, smaller. It is made on a thread of libuv. */
export async function compressed(body, how) {
    return [await compressors[how](Buffer.concat(body))];
}
