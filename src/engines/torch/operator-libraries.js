import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isTruncatedElf } from '../../libtorch/elf.js';
import { torchError } from '../../errors.js';
/**
 * The absolute paths of libraries, with links resolved, so that the system looks none of them up in its own folders.
 * @throws ERR_OPERATOR_LIBRARY for a file that is missing, not regular or truncated
 */
export async function locateOperatorLibraries(paths) {
    const located = [];
    for (const path of paths)
        located.push(await locate(path));
    return located;
}
async function locate(path) {
    const absolute = resolve(path);
    try {
        const real = await realpath(absolute);
        if (!(await stat(real)).isFile())
            throw refused(absolute, 'is not a regular file');
        // Mapping it would end the process with SIGBUS.
        if (isTruncatedElf(real))
            throw refused(absolute, 'is truncated');
        return real;
    }
    catch (cause) {
        const { code } = cause;
        if (code === 'ERR_OPERATOR_LIBRARY')
            throw cause;
        throw refused(absolute, `does not exist or cannot be read (${code ?? 'unreadable'})`, cause);
    }
}
function refused(path, why, cause) {
    return torchError('ERR_OPERATOR_LIBRARY', `The operator library ${path} ${why}`, { cause });
}
