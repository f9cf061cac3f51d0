/** Wheels that are being fetched. Verified ones stay until the set is complete, so that nothing is fetched twice. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { owner, stateOf } from './staging.js';
const staleMs = 7 * 24 * 3600 * 1000;
/** Longer than all tries of a download together wait for a byte, and than hashing a wheel takes. */
const quietMs = 10 * 60 * 1000;
/** The folder of downloads in the cache. Several processes, on several machines, may use it at once. */
export class Downloads {
    folder;
    constructor(folder) {
        this.folder = folder;
    }
    /** Makes the folder, and removes files that were not touched for a week. */
    static async open(cache) {
        const folder = join(cache, 'downloads');
        await mkdir(folder, { recursive: true });
        for (const name of await readdir(folder)) {
            const path = join(folder, name);
            const isLitter = name.includes('.scratch-') && writerOf(name) === 'gone';
            if (isLitter || (await quietFor(path)) > staleMs)
                await rm(path, { recursive: true, force: true });
        }
        return new Downloads(folder);
    }
    /** Where a verified file lies. */
    path(file) {
        return join(this.folder, file);
    }
    /** The path of a file that only this call writes to, continuing the part of an earlier run if there is one. */
    async claim(file) {
        const own = this.own(file, 'part');
        for (const name of await readdir(this.folder)) {
            const path = join(this.folder, name);
            // If two processes try, one of them gets it.
            if (name.startsWith(`${file}.part`) && (await isFree(path, name)) && (await renamed(path, own)))
                break;
        }
        return own;
    }
    /** The path of a folder that only this call uses. */
    scratch(file) {
        return this.own(file, 'scratch');
    }
    /** Gives an unfinished part to the next run. */
    async release(part, file) {
        await renamed(part, join(this.folder, `${file}.part`));
    }
    /** Removes verified files. */
    async discard(files) {
        for (const file of files)
            await rm(this.path(file), { force: true });
    }
    /** A unique path that `writerOf` can read. */
    own(file, kind) {
        return join(this.folder, `${file}.${kind}-${owner}-${randomUUID().slice(0, 8)}`);
    }
}
/** Whether a part has no writer: it was released, its writer has ended, or a writer elsewhere was quiet for long. */
async function isFree(path, name) {
    const state = writerOf(name);
    return state === 'none' || state === 'gone' || (state === 'unknown' && (await quietFor(path)) > quietMs);
}
function writerOf(name) {
    const writer = /\.(?:part|scratch)-(.*)-\w+$/.exec(name)?.[1];
    return writer === undefined ? 'none' : stateOf(writer);
}
/** Milliseconds since the last change; 0 if the file is gone. */
async function quietFor(path) {
    const found = await stat(path).catch(() => undefined);
    return found === undefined ? 0 : Date.now() - found.mtimeMs;
}
async function renamed(from, to) {
    return rename(from, to).then(() => true, () => false);
}
