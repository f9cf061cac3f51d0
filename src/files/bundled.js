/** Bundlers copy this code into a file of their own, where it cannot find its native modules and threads. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { torchError } from '../errors.js';
/** The page that shows each bundler's setting. It lies in the package too. */
const page = 'node_modules/node-libtorch/docs/bundlers.md';
/**
 * The error of what a bundler took in.
 * @param what what was looked for, e.g. `its package.json`
 */
export function bundledError(what, cause) {
    return torchError('ERR_ADDON_LOAD', `Expected ${what}, but a bundler took node-libtorch in, and its native modules and threads cannot be reached from there\n` +
        "  fix: keep it external: serverExternalPackages: ['node-libtorch'] (Next), --external:node-libtorch (esbuild),\n" +
        `       externals: ['node-libtorch'] (webpack), ssr.external: ['node-libtorch'] (Vite); see ${page}`, { cause });
}
/** Whether this code runs in another file than the one that it was in when it was built. */
export function wasBundled() {
    // A bundler leaves the URL out, or writes that of the source.
    const { url } = import.meta;
    const running = runningFile();
    return url === undefined || (running !== undefined && pathOf(running) !== pathOf(url));
}
/**
 * A file that is part of this package.
 * @param name relative to `base`
 * @param base the `import.meta.url` of the caller, which some bundlers leave out
 * @throws ERR_ADDON_LOAD when a bundler took the caller away from it
 */
export function ownFile(name, base) {
    if (base === undefined)
        throw bundledError(name);
    const url = new URL(name, base);
    if (existsSync(url))
        return url;
    throw bundledError(fileURLToPath(url));
}
/** The file that V8 has this function from; undefined where it does not tell. */
function runningFile() {
    const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
    try {
        Error.prepareStackTrace = (_error, sites) => sites;
        const [here] = new Error('where').stack;
        return here?.getFileName() ?? undefined;
    }
    catch {
        return undefined;
    }
    finally {
        if (before)
            Object.defineProperty(Error, 'prepareStackTrace', before);
        else
            Reflect.deleteProperty(Error, 'prepareStackTrace');
    }
}
const pathOf = (file) => (file.startsWith('file:') ? fileURLToPath(file) : file);
