/** Temporary folders beside the sets, on the same file system, so that a rename moves a finished folder into place. */
import { readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
const prefix = '.tmp-';
/** Longer than any fetch takes. Younger folders may belong to a process on another machine that is still working. */
const staleMs = 6 * 3600 * 1000;
/** Makes a folder under `root`, which must exist; disposing removes it. Also removes folders that killed processes left. */
export async function openStaging(root) {
    await sweep(root);
    const path = await mkdtemp(join(root, `${prefix}${owner}-`));
    return {
        path,
        [Symbol.asyncDispose]: async () => {
            await rm(path, { recursive: true, force: true, maxRetries: 3 });
        },
    };
}
async function sweep(root) {
    for (const name of await readdir(root)) {
        if (name.startsWith(prefix) && (await isStale(join(root, name), name))) {
            await rm(join(root, name), { recursive: true, force: true });
        }
    }
}
async function isStale(path, name) {
    const made = await stat(path).catch(() => undefined);
    if (made === undefined)
        return false;
    return Date.now() - made.mtimeMs > staleMs || stateOf(name.slice(prefix.length, name.lastIndexOf('-'))) === 'gone';
}
/**
 * Where this process runs: the machine, its boot and the container (pid_namespaces(7)). A process's number means nothing
 * elsewhere, and a cache may be shared by machines and containers.
 */
const home = [
    hostname(),
    orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)),
    orNothing(() => readlinkSync('/proc/self/ns/pid')),
]
    .join('.')
    .replace(/[^\w.-]/g, '');
/** This process, in the names of its files. */
export const owner = ownerName(process.pid);
/** The name of a process that runs where this one does. */
export function ownerName(pid) {
    return `${home}-${pid}`;
}
/** Whether a process, by its name, is running; unknown if it runs elsewhere. */
export function stateOf(name) {
    const [, where, pid] = /^(.*)-(\d+)$/.exec(name) ?? [];
    if (where !== home)
        return 'unknown';
    return isAlive(Number(pid)) ? 'alive' : 'gone';
}
function orNothing(read) {
    try {
        return read();
    }
    catch {
        return '';
    }
}
function isAlive(pid) {
    try {
        process.kill(pid, 0);
        return true;
    }
    catch (error) {
        return error.code === 'EPERM';
    }
}
