/** Extracts named files, and the tree of headers, from a wheel. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import { torchError } from '../../errors.js';
import { RunningDigest } from '../../files/hash.js';
import { requireSpace } from '../../files/space.js';
/**
 * Extracts the selected entries below `target` and returns what was written, by relative name. The wheel's sha256 was
 * checked before, so its names are trusted as far as yauzl does (no `..`, no absolute paths). Headers are many and
 * small: directories are made once.
 */
export async function extract(wheel, target, options) {
    const written = new Map();
    const made = new Set();
    const zip = await yauzl.openPromise(wheel, { autoClose: false }).catch((error) => {
        throw torchError('ERR_DOWNLOAD', `Expected ${wheel} to be a wheel, but it cannot be read: ${error.message}`, { cause: error });
    });
    try {
        const chosen = [];
        for await (const entry of zip.eachEntry()) {
            const name = entry.fileName.endsWith('/') ? undefined : options.select(entry.fileName);
            if (name !== undefined)
                chosen.push({ name, entry });
        }
        const total = chosen.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
        await mkdir(target, { recursive: true });
        await requireSpace(target, total, `the files of ${basename(wheel)}`);
        const bar = options.progress?.(total);
        for (const { name, entry } of chosen) {
            options.signal?.throwIfAborted();
            const path = join(target, name);
            if (!made.has(dirname(path)))
                made.add(dirname(await mkdirFor(path)));
            const source = await zip.openReadStreamPromise(entry);
            written.set(name, await write(source, path, modeOf(entry), bar, options.signal));
        }
        bar?.end();
    }
    finally {
        zip.close();
    }
    return written;
}
async function mkdirFor(path) {
    await mkdir(dirname(path), { recursive: true });
    return path;
}
/** The permission bits a wheel made on Unix carries, never less than readable and writable by the owner. */
function modeOf(entry) {
    return ((entry.externalFileAttributes >>> 16) & 0o777) | 0o600;
}
async function write(source, path, mode, bar, signal) {
    const digest = new RunningDigest();
    const measure = new Transform({
        transform(chunk, _encoding, done) {
            digest.update(chunk);
            bar?.add(chunk.length);
            done(null, chunk);
        },
    });
    await pipeline(source, measure, createWriteStream(path, { mode }), { ...(signal && { signal }) });
    return digest.finish();
}
