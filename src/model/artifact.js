import { constants } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { describe, torchError } from '../errors.js';
import { withModelFile } from '../files/regular-file.js';
/** Read and hashed in pieces, so that the event loop is never held for longer than a piece takes. */
const pieceBytes = 1024 * 1024;
/**
 * Reads a model file once, hashing the very bytes that will be loaded.
 * @throws ERR_MODEL_LOAD (no such file, not a regular file, shrunk meanwhile), ERR_MODEL_FORMAT (empty), ERR_INTEGRITY, or
 * `signal.reason`
 */
export async function readArtifact(path, options) {
    const { signal, flags = 0 } = options;
    signal?.throwIfAborted();
    const read = async ({ file, size }) => {
        const take = async (into, from, length) => (await file.read(into, from, length, from)).bytesRead;
        return await readPieces(path, size, take, options);
    };
    return await withModelFile(path, read, flags);
}
/**
 * The same of bytes in memory, which nothing else may use: they are released once they are read, or cannot be.
 * @throws as readArtifact
 */
export async function readArtifactBytes(name, bytes, options) {
    const take = async (into, from, length) => {
        await setImmediate();
        into.set(bytes.subarray(from, from + length), from);
        return length;
    };
    try {
        return await readPieces(name, bytes.length, take, options);
    }
    finally {
        if (bytes.length > 0)
            options.release?.(bytes.buffer);
    }
}
async function readPieces(name, size, take, options) {
    const { allocate, sha256: wanted, signal } = options;
    if (size === 0)
        throw torchError('ERR_MODEL_FORMAT', `Expected a model in ${name} but it is empty`);
    if (size > constants.MAX_LENGTH) {
        throw torchError('ERR_MODEL_LOAD', `Expected at most ${constants.MAX_LENGTH} bytes, which a Buffer of this Node holds, but ${name} has ${size}`);
    }
    const bytes = allocate(size);
    const release = once(() => options.release?.(bytes));
    try {
        const sha256 = await fill(name, bytes, take, signal);
        if (wanted === undefined || sha256 === wanted)
            return { bytes, size, sha256, release };
        throw torchError('ERR_INTEGRITY', `Expected sha256 ${wanted} for ${name} but its bytes have ${sha256}: the file was changed or damaged`);
    }
    catch (error) {
        release();
        throw error;
    }
}
/** Reads all of it. Returns the digest. */
async function fill(name, bytes, take, signal) {
    const view = Buffer.from(bytes);
    const hash = createHash('sha256');
    for (let offset = 0; offset < view.length;) {
        signal?.throwIfAborted();
        const taken = await take(view, offset, Math.min(pieceBytes, view.length - offset));
        if (taken === 0)
            throw torchError('ERR_MODEL_LOAD', `${name} became shorter while it was read`);
        hash.update(view.subarray(offset, offset + taken));
        offset += taken;
    }
    signal?.throwIfAborted(); // during the last piece
    return hash.digest('hex');
}
function once(action) {
    let done = false;
    return () => {
        if (done)
            return;
        done = true;
        action();
    };
}
/** @throws ERR_INVALID_ARGUMENT unless it is 64 lower-case hex digits */
export function checkSha256(sha256) {
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
        throw torchError('ERR_INVALID_ARGUMENT', `Expected 64 lower-case hex digits for sha256 but received ${describe(sha256)}`);
    }
}
