/** What a package of prebuilt modules needs, checked before any of them is opened. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { torchError } from '../../errors.js';
import { describePlatform } from '../platform.js';
import { compareDotted } from '../version.js';
import { ownManifest } from '../../files/package-root.js';
export function readPrebuilt(folder) {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
/** @throws ERR_ADDON_LOAD for the modules of another release, ERR_PLATFORM_UNSUPPORTED where the C library is too old */
export function checkPrebuilt(folder, platform) {
    const { name, version, nodeLibtorch } = readPrebuilt(folder);
    const own = ownManifest().version;
    if (version !== own) {
        throw torchError('ERR_ADDON_LOAD', `Expected ${name} ${own}, as node-libtorch is, but found ${version} in ${folder}\n` +
            `  fix: npm install node-libtorch@${own} ${name}@${own}`);
    }
    const glibc = nodeLibtorch?.glibc;
    if (glibc === undefined || platform.glibc === undefined || compareDotted(platform.glibc, glibc) >= 0)
        return;
    throw torchError('ERR_PLATFORM_UNSUPPORTED', `The prebuilt addon ${name} needs glibc ${glibc} or newer\n  found: ${describePlatform(platform)}\n` +
        '  fix: use a newer distribution, such as Debian 12 or Ubuntu 22.04, or compile it here: npx node-libtorch build');
}
