import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { torchError } from '../errors.js';
/**
 * The real path of a file below `root`. Links are followed, so that mounted volumes may hold them, but they may not
 * lead out of `root`, which is a real path itself.
 * @throws ERR_INTEGRITY when the file lies elsewhere; ENOENT and the like as they come
 */
export async function containedPath(root, ...segments) {
    const real = await realpath(join(root, ...segments));
    const inside = relative(root, real);
    if (inside === '' || inside.split(sep)[0] === '..' || isAbsolute(inside)) {
        throw torchError('ERR_INTEGRITY', `Expected ${join(...segments)} to lie inside its folder but it links out of it`);
    }
    return real;
}
