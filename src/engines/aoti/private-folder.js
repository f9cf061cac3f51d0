import { lstatSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { torchError } from '../../errors.js';
const prefix = 'node-libtorch-';
/** Until its lock is held a folder has this name, so that nobody sweeps it. */
const unborn = 'node-libtorch.new-';
const lockName = 'lock';
const hour = 3_600_000;
/** `NODE_LIBTORCH_TMPDIR`, else the system's folder for temporary files. */
function temporaryRoot(env = process.env) {
    return env.NODE_LIBTORCH_TMPDIR || tmpdir();
}
/** Of this environment; what the process leaves behind when it is killed, the next one sweeps. */
const alive = new Set();
let swept;
/** A folder that only this user can enter, locked for as long as this environment (or its process) lives. */
export class PrivateFolder {
    path;
    #locks;
    #lock;
    #removal;
    constructor(path, locks, lock) {
        this.path = path;
        this.#locks = locks;
        this.#lock = lock;
        if (alive.size === 0)
            process.on('exit', removeAll);
        alive.add(this);
    }
    /** @throws ERR_MODEL_LOAD where none can be made */
    static async create(locks, root = temporaryRoot()) {
        await (swept ??= sweep(locks, root));
        let made;
        let lock;
        try {
            made = await mkdtemp(join(root, unborn)); // mode 0700
            lock = locks.lockFile(join(made, lockName));
            const path = join(root, prefix + made.slice(-6));
            await rename(made, path);
            return new PrivateFolder(path, locks, lock);
        }
        catch (cause) {
            if (lock !== undefined)
                locks.unlockFile(lock);
            if (made !== undefined)
                await discard(made);
            const reason = cause.code ?? 'no reason given';
            throw torchError('ERR_MODEL_LOAD', `Expected to make a private folder in ${root}, into which the package is unpacked, but received ${reason}; ` +
                'NODE_LIBTORCH_TMPDIR names another place', { cause });
        }
    }
    remove() {
        // What cannot be removed now is swept by the next process.
        return (this.#removal ??= discard(this.path).then(() => {
            this.#forget();
        }));
    }
    /** @internal for the process's end, when nothing can be waited for */
    removeNow() {
        try {
            rmSync(this.path, { recursive: true, force: true });
        }
        catch {
            // The next process sweeps it.
        }
        this.#forget();
    }
    #forget() {
        if (!alive.delete(this))
            return;
        if (alive.size === 0)
            process.off('exit', removeAll);
        this.#locks.unlockFile(this.#lock);
    }
}
function removeAll() {
    for (const folder of alive)
        folder.removeNow();
}
/** Removes what dead processes of this user left behind. What somebody holds the lock of is never touched. */
async function sweep(locks, root) {
    const names = await readdir(root).catch(() => []);
    for (const name of names) {
        const path = join(root, name);
        if (name.startsWith(unborn)) {
            if (isOurs(path) && (await isOld(path)))
                await discard(path);
            continue;
        }
        if (!name.startsWith(prefix) || !isOurs(path))
            continue;
        let lock;
        try {
            lstatSync(join(path, lockName)); // none: not one of these folders, or being removed right now
            lock = locks.lockFile(join(path, lockName));
        }
        catch {
            continue;
        }
        if (lock < 0)
            continue;
        await discard(path);
        locks.unlockFile(lock);
    }
}
/** A folder, no link to one, of this very user. */
function isOurs(path) {
    const status = lstatSync(path, { throwIfNoEntry: false });
    return status?.isDirectory() === true && status.uid === (process.getuid?.() ?? status.uid);
}
/** Between its making and its lock lie microseconds; after an hour its maker was killed there. */
async function isOld(path) {
    const status = await stat(path).catch(() => undefined);
    return status !== undefined && Date.now() - status.mtimeMs > hour;
}
async function discard(path) {
    // Somebody else may be sweeping too.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
}
