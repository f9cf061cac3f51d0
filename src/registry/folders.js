import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { torchError } from '../errors.js';
import { packageRoot } from '../files/package-root.js';
/** The records that come with this package. */
export const bundledRegistryDir = () => bundled('model-registry');
/** The models that come with this package. */
export const bundledModelsDir = () => bundled('models');
/** Names of the folders in a folder; links are none, so that nothing is listed twice or from elsewhere. */
export async function folders(path) {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
/** The real path of a folder that a setting names. @throws ERR_CONFIG when it is none or cannot be read */
export async function existingFolder(path, key) {
    try {
        const real = await realpath(path);
        await readdir(real);
        return real;
    }
    catch (cause) {
        throw torchError('ERR_CONFIG', `Expected a folder for ${key} at ${path} (${codeOf(cause)})`, { cause });
    }
}
/** `ENOENT` and the like, or one of our own codes. */
export function codeOf(error) {
    const { code } = error;
    return typeof code === 'string' ? code : 'unknown error';
}
function bundled(folder) {
    return join(packageRoot(), folder);
}
