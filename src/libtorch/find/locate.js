/** Looks for a LibTorch: LIBTORCH, what `setup` chose, the cache, the LibTorch package, the active Python. */
import { torchError } from '../../errors.js';
import { chosenSet, findCachedSet, noCache } from './cache.js';
import { inspectSet } from './libtorch-set.js';
import { packageFolder } from '../../files/package-root.js';
import { remedies } from '../remedies.js';
import { currentPlatform, packageSuffix } from '../platform.js';
import { findPythonTorch } from './python-torch.js';
import { libtorchVersion, minorOf, sameMinor } from '../version.js';
/** The package with the LibTorch of a platform, installed beside node-libtorch as an optional dependency. */
export const libtorchPackage = (platform) => `@node-libtorch/libtorch-${packageSuffix(platform)}-cpu`;
/** Every place, in order. Each is looked at when the iteration reaches it, as asking Python is slow. */
export function* candidates(options = {}) {
    const { version = libtorchVersion, env = process.env } = options;
    const platform = currentPlatform();
    const judge = (source, place, folder = place) => {
        const found = inspectSet(source, folder);
        if ('problem' in found)
            return { source, place, problem: found.problem };
        if (sameMinor(found.version, version))
            return { source, place, set: found };
        return { source, place, problem: `is LibTorch ${found.version}, not ${minorOf(version)}`, wrongVersion: true };
    };
    if (env.LIBTORCH)
        yield judge('LIBTORCH', env.LIBTORCH);
    else
        yield { source: 'LIBTORCH', place: 'the environment', problem: 'LIBTORCH is not set' };
    const chosen = chosenSet(version, platform.triple, env);
    const cached = findCachedSet(platform.triple, env);
    if (chosen !== undefined)
        yield judge('setup', chosen);
    if (cached === undefined)
        yield { source: 'cache', place: 'the home folder', problem: noCache };
    else if (chosen !== cached)
        yield judge('cache', cached);
    const installed = packageFolder(libtorchPackage(platform));
    if (installed !== undefined)
        yield judge('package', installed);
    else
        yield { source: 'package', place: libtorchPackage(platform), problem: 'not installed' };
    const { python, folder } = findPythonTorch(env);
    if (folder !== undefined)
        yield judge('python', folder);
    else
        yield {
            source: 'python',
            place: python ?? 'python3',
            problem: python === undefined ? 'not on PATH' : 'has no torch',
        };
}
/** The first LibTorch that can be used; see `usable`. */
export function locate(options = {}) {
    for (const set of usable(options))
        return set;
    throw torchError('ERR_INTERNAL', 'Expected usable() to end with an error');
}
/**
 * Every LibTorch that can be used, best first. Ends by throwing ERR_LIBTORCH_NOT_FOUND or ERR_LIBTORCH_VERSION, which
 * lists every place looked at. If LIBTORCH is set and cannot be used, this throws at once: another LibTorch never takes its place.
 */
export function* usable(options = {}) {
    const seen = [];
    for (const candidate of candidates(options)) {
        seen.push(candidate);
        if (candidate.set !== undefined)
            yield candidate.set;
        const { env = process.env } = options;
        if (candidate.source === 'LIBTORCH' && env.LIBTORCH && candidate.problem !== undefined)
            break;
    }
    throw notFound(seen, options.version ?? libtorchVersion);
}
function notFound(seen, version) {
    const wrong = seen.find((candidate) => candidate.wrongVersion === true);
    const lines = seen.map(({ source, place, problem }) => `  ${source}: ${place}: ${problem ?? 'could not be opened'}\n`);
    const what = `LibTorch ${minorOf(version)}, which the addon was built against`;
    return torchError(wrong === undefined ? 'ERR_LIBTORCH_NOT_FOUND' : 'ERR_LIBTORCH_VERSION', `Expected ${what}, but ${wrong === undefined ? 'it was not found' : 'found another version'}. Looked at:\n${lines.join('')}` +
        `  fix: ${fixFor(seen)}, or set LIBTORCH=/path/to/libtorch-${minorOf(version)}`);
}
function fixFor(seen) {
    if (seen.at(-1)?.source === 'LIBTORCH')
        return 'unset LIBTORCH';
    const own = libtorchPackage(currentPlatform());
    const emptied = seen.find(({ source, place, wrongVersion }) => source === 'package' && place !== own && !wrongVersion);
    return emptied === undefined ? remedies.noLibtorch(own) : remedies.damagedPackage(emptied.place);
}
