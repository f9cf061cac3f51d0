/** A folder to write to, and room in it: both checked before anything is written. */
import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { torchError } from '../errors.js';
/** Makes the cache's folder. @throws ERR_DOWNLOAD when it cannot be made or written to */
export async function makeCacheFolder(root) {
    try {
        await makeFolder(root);
        await access(`${root}/.`, constants.W_OK); // fails for a file of that name
    }
    catch (cause) {
        const { code, message } = cause;
        throw torchError('ERR_DOWNLOAD', `Expected to write to the cache ${root}, but that is not possible (${code ?? message})\n` +
            '  fix: set NODE_LIBTORCH_CACHE to a folder that can be written to', { cause });
    }
}
/** Not `recursive`, which never ends below a folder that takes no folders, such as /proc. */
async function makeFolder(path) {
    try {
        await mkdir(path);
    }
    catch (error) {
        const { code } = error;
        if (code === 'EEXIST')
            return;
        if (code !== 'ENOENT' || dirname(path) === path)
            throw error;
        await makeFolder(dirname(path));
        await mkdir(path).catch((again) => {
            if (again.code !== 'EEXIST')
                throw again;
        });
    }
}
const tenths = (bytes, round) => (round(bytes / 1e5) / 10).toFixed(1);
/** @throws ERR_DOWNLOAD with the bytes that are needed, those that are free, and the folder */
export async function requireSpace(folder, bytes, what) {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    if (free < bytes)
        throw noSpace(folder, `Expected ${tenths(bytes, Math.ceil)} MB for ${what}, but ${tenths(free, Math.floor)} MB are free`);
}
/** The error of a write that failed: ERR_DOWNLOAD if the disk is full, otherwise the error itself. */
export function fullDisk(folder, error) {
    const { code } = error;
    return code === 'ENOSPC' || code === 'EDQUOT' ? noSpace(folder, `The disk is full (${code})`, error) : error;
}
function noSpace(folder, what, cause) {
    const fix = `free some space in ${folder}, or set NODE_LIBTORCH_CACHE to another folder`;
    return torchError('ERR_DOWNLOAD', `${what}\n  fix: ${fix}`, { cause });
}
