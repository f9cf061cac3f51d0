/** Finds the two native modules: built in this package, or in the package of this platform. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { torchError } from '../../errors.js';
import { bundledError, wasBundled } from '../../files/bundled.js';
import { packageFolder, packageRoot } from '../../files/package-root.js';
import { currentPlatform, describePlatform, packageSuffix } from '../platform.js';
import { remedies } from '../remedies.js';
/** The package with the prebuilt modules of a platform. */
export const addonPackage = (platform) => `@node-libtorch/${packageSuffix(platform)}`;
/** The addon's files. @throws ERR_ADDON_NOT_FOUND, with the places that were looked at */
export function findAddon(root = packageRoot()) {
    const platform = currentPlatform();
    const built = join(root, 'build/Release');
    const prebuilt = addonPackage(platform);
    const installed = packageFolder(prebuilt, root);
    for (const folder of [built, installed]) {
        if (folder === undefined)
            continue;
        const files = { loader: join(folder, 'loader.node'), addon: join(folder, 'node_libtorch.node') };
        const stub = join(folder, 'libtorch.so');
        if (existsSync(files.loader) && existsSync(files.addon))
            return { ...files, stub: existsSync(stub) ? stub : undefined, prebuilt: folder === built ? undefined : folder };
    }
    if (wasBundled())
        throw bundledError(`the package ${prebuilt}`);
    throw torchError('ERR_ADDON_NOT_FOUND', `The native addon for ${describePlatform(platform)} was not found. Looked at:\n` +
        `  ${built}: ${existsSync(built) ? 'has no loader.node and node_libtorch.node' : 'folder not found'}\n` +
        `  package ${prebuilt}: ${installed === undefined ? 'not installed' : 'has no loader.node and node_libtorch.node'}\n` +
        `  fix: ${installed === undefined ? remedies.noAddon(prebuilt) : remedies.damagedPackage(installed)}`);
}
