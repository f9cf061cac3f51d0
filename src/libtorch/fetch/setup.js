/** `node-libtorch setup`: fetches a set and makes it the chosen one. */
import { cachedSet, cacheRoot, chooseSet, chosenSet } from '../find/cache.js';
import { makeCacheFolder } from '../../files/space.js';
import { checkPlatform, currentPlatform } from '../platform.js';
import { libtorchVersion, minorOf, sameMinor } from '../version.js';
import { faultyFiles } from './inventory.js';
import { pinsFor } from './pins.js';
import { provision } from './provision.js';
/**
 * Fetches a set where necessary and makes it the one that later processes load. A run that fails leaves the choice as it was.
 * @throws ERR_PLATFORM_UNSUPPORTED (listing the pinned releases), ERR_DOWNLOAD or ERR_INTEGRITY
 */
export async function setup(options) {
    checkPlatform();
    const { kind, env = process.env, triple = currentPlatform().triple } = options;
    const pin = options.pin ?? pinsFor(triple, kind, options.version);
    const { version } = pin;
    await makeCacheFolder(cacheRoot(env));
    const faulty = options.verify ? await verify(cachedSet(triple, env, version, kind), options) : [];
    const { set, fetched } = await provision({ ...options, pin, faulty });
    options.signal?.throwIfAborted();
    const before = chosenSet(version, triple, env);
    await chooseSet(set, version, triple, env);
    return { set, fetched, lines: linesOf({ set, fetched, version, kind, before, env }) };
}
/** The wheels of a set as lines of `<sha256>  <file>`. @throws ERR_PLATFORM_UNSUPPORTED */
export function wheelList(kind, version) {
    return pinsFor(currentPlatform().triple, kind, version).wheels.map(({ sha256, file }) => `${sha256}  ${file}`);
}
async function verify(set, { report, signal }) {
    report?.step(`Verifying ${set}`);
    const faulty = await faultyFiles(set, signal);
    for (const name of faulty)
        report?.step(`${name} is missing or was changed; it is fetched again`);
    return faulty;
}
function linesOf({ set, fetched, version, kind, before, env }) {
    const did = fetched.length > 0 ? 'was fetched' : 'was already there';
    const lines = [`LibTorch ${version} (${kind}) ${did} and is used from now on: ${set}`];
    if (before !== undefined && before !== set)
        lines.push(`The previous one stays in ${before}`);
    if (!sameMinor(version, libtorchVersion)) {
        lines.push(`The published addon works with LibTorch ${minorOf(libtorchVersion)} only: ` +
            `npx node-libtorch build --torch ${version} compiles one for this release`);
    }
    if (env.LIBTORCH)
        lines.push(`LIBTORCH is set to ${env.LIBTORCH} and takes precedence`);
    return lines;
}
