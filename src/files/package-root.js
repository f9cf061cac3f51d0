import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledError } from './bundled.js';
import { resolveFrom } from './resolve.js';
let known;
/**
 * The folder of this package: the nearest package.json above this file that is ours, wherever dist/ was put.
 * @throws ERR_ADDON_LOAD where there is none, since a bundler took this file elsewhere
 */
export function packageRoot() {
    // A bundler that makes CommonJS leaves the URL out.
    return (known ??= find(import.meta.url ?? 'file:///'));
}
function find(url) {
    for (let folder = dirname(fileURLToPath(url));; folder = dirname(folder)) {
        if (existsSync(join(folder, 'package.json')) && ownManifest(folder).name === 'node-libtorch')
            return folder;
        if (folder === dirname(folder))
            throw bundledError('the package.json of node-libtorch above its code');
    }
}
/** This package's own package.json. */
export function ownManifest(root = packageRoot()) {
    return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}
/** The folder of a package that is installed for the one in `root`; undefined when it is not installed. */
export function packageFolder(name, root = packageRoot()) {
    const manifest = resolveFrom(root, `${name}/package.json`);
    return manifest === undefined ? undefined : dirname(manifest);
}
/** Whether a tracer (Next's standalone output, serverless packers) left out what no import reaches, native modules too. */
export function isTraced() {
    return !existsSync(join(packageRoot(), 'CMakeLists.txt'));
}
/** Whether this is a clone of the repository; otherwise it is an installed package. */
export function isClone() {
    return existsSync(join(packageRoot(), 'scripts/build.mjs'));
}
