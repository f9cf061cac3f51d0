/** The sha256 of files, taken in pieces: a model or a wheel may have gigabytes. */
import { createHash } from 'node:crypto';
import { torchError } from '../errors.js';
import { notRegular, withRegularFile } from './regular-file.js';
/** The digest of bytes as they pass by. */
export class RunningDigest {
    #hash = createHash('sha256');
    #bytes = 0;
    update(piece) {
        this.#hash.update(piece);
        this.#bytes += piece.length;
    }
    /** Ends it: no more bytes may follow. */
    finish() {
        return { sha256: this.#hash.digest('hex'), bytes: this.#bytes };
    }
}
/**
 * Hashes a regular file.
 * @param what names the file in errors; default its path
 * @throws ERR_INTEGRITY for anything but a regular file, `signal.reason`; ENOENT and the like as they come
 */
export async function digestFile(path, what = path, signal) {
    return await withRegularFile(path, notRegular(what), async ({ file }) => {
        const digest = new RunningDigest();
        for await (const piece of file.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 })) {
            signal?.throwIfAborted();
            digest.update(piece);
        }
        signal?.throwIfAborted();
        return digest.finish();
    });
}
/** @throws ERR_INTEGRITY unless the file's bytes are the pinned ones; otherwise as digestFile */
export async function requirePinned(path, { sha256, name, fix }, signal) {
    const found = await digestFile(path, name, signal);
    if (found.sha256 === sha256)
        return;
    throw torchError('ERR_INTEGRITY', `${name} is not the pinned file: expected sha256 ${sha256} but received ${found.sha256}. Nothing of it was used.\n` +
        `  fix: ${fix}`);
}
