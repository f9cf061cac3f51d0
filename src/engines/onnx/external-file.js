import { createHash } from 'node:crypto';
import { constants as fs, open, readlink, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, torchError } from '../../errors.js';
/** A file of weights that was opened. Nothing is looked up by its name again. */
export class ExternalFileHandle {
    name;
    bytes;
    #file;
    #before;
    constructor(name, file, stamp) {
        this.name = name;
        this.#file = file;
        this.#before = stamp;
        this.bytes = Number(stamp.size);
    }
    /**
     * @param name relative to the model's folder, by its parts
     * @throws ERR_MODEL_LOAD, ERR_UNSAFE_ARCHIVE for what lies elsewhere than it may
     */
    static async open(place, name) {
        const path = join(place.folder, name);
        // Without O_NONBLOCK opening a FIFO would wait for a writer that may never come.
        const flags = fs.O_RDONLY | (fs.O_NONBLOCK ?? 0) | (place.root === undefined ? (fs.O_NOFOLLOW ?? 0) : 0);
        const file = await open(path, flags).catch((cause) => {
            throw openError(name, cause);
        });
        try {
            const status = await file.stat({ bigint: true });
            if (!status.isFile())
                throw torchError('ERR_MODEL_LOAD', `Expected a regular file for ${describe(name)}`);
            await requirePlace(place, name, file, status);
            return new ExternalFileHandle(name, file, status);
        }
        catch (error) {
            await file.close();
            throw error;
        }
    }
    /** A path to the very file that was opened, whatever its name stands for by now. Linux alone has one. */
    get descriptorPath() {
        return `/proc/self/fd/${this.#file.fd}`;
    }
    /**
     * Reads all of it once and hashes it; the event loop is never held for longer than a piece takes.
     * @param into what is read stays there; without it only the hash does
     * @throws ERR_MODEL_LOAD when it is shorter than it was, or `signal.reason`
     */
    async hash(into, signal) {
        const hash = createHash('sha256');
        const piece = into ?? new Uint8Array(Math.min(pieceBytes, this.bytes));
        for (let at = 0; at < this.bytes;) {
            signal?.throwIfAborted();
            const offset = into ? at : 0;
            const { bytesRead } = await this.#file.read(piece, offset, Math.min(pieceBytes, this.bytes - at), at);
            if (bytesRead === 0)
                throw torchError('ERR_MODEL_LOAD', `${describe(this.name)} became shorter while it was read`);
            hash.update(piece.subarray(offset, offset + bytesRead));
            at += bytesRead;
        }
        signal?.throwIfAborted(); // during the last piece
        return hash.digest('hex');
    }
    /**
     * Lets a moment pass if the file was changed just now: times of files have steps of some milliseconds, and a second
     * change within one step would not show. What changed before this moment is seen by `hash`.
     */
    async settle() {
        const age = Date.now() - Number(this.#before.ctimeNs / 1000000n);
        if (age >= 0 && age <= timeStepMs)
            await setTimeout(timeStepMs - age + 1);
    }
    /** @throws ERR_INTEGRITY when the file was changed since it was opened */
    async requireUnchanged() {
        const now = await this.#file.stat({ bigint: true });
        const { size, mtimeNs, ctimeNs } = this.#before;
        if (now.size === size && now.mtimeNs === mtimeNs && now.ctimeNs === ctimeNs)
            return;
        throw torchError('ERR_INTEGRITY', `Expected ${describe(this.name)} to stay as it is while it is loaded but it was changed; load the model again`);
    }
    close() {
        return this.#file.close();
    }
}
const pieceBytes = 1024 * 1024;
const timeStepMs = 50;
/**
 * Holds what was opened to where it may lie. On Linux the system says the path of the open file itself; elsewhere the name is
 * resolved once more and must lead to the same file.
 */
async function requirePlace(place, name, file, status) {
    const path = join(place.folder, name);
    const real = (await openedPath(file)) ?? (await resolvedPath(path, status));
    if (real === path || (place.root !== undefined && isInside(real, place.root)))
        return;
    throw place.root === undefined
        ? linkError(name)
        : unsafe(`${describe(name)} inside externalDataRoot`, 'a link that leads elsewhere');
}
async function openedPath(file) {
    return process.platform === 'linux' ? readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined) : undefined;
}
async function resolvedPath(path, { dev, ino }) {
    const real = await realpath(path).catch(() => '');
    const found = await stat(real, { bigint: true }).catch(() => undefined);
    if (found?.dev === dev && found.ino === ino)
        return real;
    throw torchError('ERR_INTEGRITY', 'Expected a file of weights to stay where it is while it is loaded but it was moved');
}
function isInside(path, folder) {
    return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
function openError(name, { code, message }) {
    if (code === 'ELOOP' || code === 'EMLINK')
        return linkError(name);
    const why = code === 'ENOENT' || code === 'ENOTDIR' ? 'it is not there' : `it cannot be opened (${code ?? message})`;
    return torchError('ERR_MODEL_LOAD', `Expected the file ${describe(name)} beside the model but ${why}`);
}
function linkError(name) {
    return unsafe(`a file for ${describe(name)}`, 'a symbolic link; the option externalDataRoot says into which folder it may lead, for example that of a Hugging Face cache');
}
export function unsafe(wanted, got) {
    return torchError('ERR_UNSAFE_ARCHIVE', `Expected ${wanted} but the model has ${got}`);
}
