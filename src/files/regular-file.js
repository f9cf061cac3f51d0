/** Opening what should be a regular file, and may be anything. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { torchError } from '../errors.js';
/**
 * Opens a regular file for reading, and closes it after `use`.
 * (Not `await using`: the globals of a test runner's `vm` context have no `Symbol.asyncDispose` on Node 20.)
 * @param refuse makes the error for a folder, a FIFO or a device
 * @param flags of open(2), beside those for reading
 * @throws what `refuse` makes; ENOENT and the like as they come
 */
export async function withRegularFile(path, refuse, use, flags = 0) {
    const file = await openForReading(path, flags);
    try {
        return await use(await regular(file, refuse));
    }
    finally {
        await file.close();
    }
}
// Without O_NONBLOCK, opening a FIFO would hold a thread of libuv's pool until somebody writes to it. Windows has none.
const openForReading = (path, flags) => open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | flags);
async function regular(file, refuse) {
    const status = await file.stat();
    if (!status.isFile())
        throw refuse();
    return { file, size: status.size };
}
/**
 * The same for the file of a model.
 * @param flags of open(2), beside those for reading
 * @throws ERR_MODEL_LOAD for what cannot be opened, and for anything but a regular file
 */
export async function withModelFile(path, use, flags = 0) {
    const file = await openForReading(path, flags).catch((cause) => {
        throw noModelFile(path, cause);
    });
    try {
        return await use(await regular(file, () => torchError('ERR_MODEL_LOAD', `Expected a regular file at ${path}`)));
    }
    finally {
        await file.close();
    }
}
function noModelFile(path, cause) {
    const { code = 'unreadable' } = cause;
    const what = code === 'ENOENT' ? `No such file: ${path}` : `Expected a readable model file at ${path} (${code})`;
    return torchError('ERR_MODEL_LOAD', what, { cause });
}
/** The error of a file whose content is known beforehand, so that anything but a regular file is another one. */
export const notRegular = (what) => () => torchError('ERR_INTEGRITY', `Expected ${what} to be a regular file`);
/** The text of a small regular file. @throws ERR_INTEGRITY for anything else; ENOENT and the like as they come */
export async function readSmallFile(path, what, maxBytes) {
    return await withRegularFile(path, notRegular(what), async ({ file, size }) => {
        if (size > maxBytes) {
            throw torchError('ERR_INTEGRITY', `Expected ${what} to be at most ${maxBytes} bytes but it has ${size}`);
        }
        return await file.readFile('utf8');
    });
}
