/** Loads the addon: checks the platform, finds and opens LibTorch, then requires the module. Once per environment. */
import { createRequire } from 'node:module';
import { torchError } from '../errors.js';
import { bundledError, wasBundled } from '../files/bundled.js';
import { findAddon } from './find/addon-files.js';
import { isTruncatedElf } from './elf.js';
import { openLibraries } from './open-libraries.js';
import { checkPlatform, currentPlatform } from './platform.js';
import { checkPrebuilt } from './find/prebuilt.js';
import { remedies } from './remedies.js';
let loaded;
let loading;
/**
 * Loads the addon and LibTorch without holding the event loop for the libraries (0.3 s).
 * @throws ERR_PLATFORM_UNSUPPORTED, ERR_ADDON_NOT_FOUND, ERR_ADDON_LOAD, ERR_LIBTORCH_NOT_FOUND, ERR_LIBTORCH_VERSION or
 * ERR_LIBTORCH_LOAD, each with what was expected, what was found, and the command that fixes it
 */
export function loadNative(options) {
    if (loaded !== undefined)
        return Promise.resolve(loaded);
    loading ??= load(options).finally(() => (loading = undefined));
    return loading;
}
async function load(options) {
    const { files, loader, request } = prepare(options);
    return finish(files, await openLibraries(loader, request));
}
function prepare({ intraOpThreads }) {
    checkPlatform();
    checkWorkingFolder();
    const files = findAddon();
    if (files.prebuilt !== undefined)
        checkPrebuilt(files.prebuilt, currentPlatform());
    const loader = requireModule(files.loader, files);
    const threads = String(intraOpThreads);
    const env = { OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads };
    return { files, loader, request: { env, version: loader.torchVersion, stub: files.stub } };
}
/** LibTorch's MKL ends the process where the working folder was removed, as after a deployment that replaced it. */
function checkWorkingFolder() {
    try {
        process.cwd();
    }
    catch (cause) {
        throw torchError('ERR_LIBTORCH_LOAD', 'Expected a working folder that exists, which LibTorch needs, but the one of this process was removed\n' +
            '  fix: start the process again, in a folder that stays', { cause });
    }
}
/** The LibTorch release that the addon was compiled against; undefined if there is no addon that loads. */
export function addonTorchVersion() {
    try {
        return prepare({ intraOpThreads: 1 }).loader.torchVersion;
    }
    catch {
        return undefined;
    }
}
function finish(files, libtorch) {
    return (loaded ??= { addon: requireModule(files.addon, files), addonPath: files.addon, libtorch });
}
function requireModule(path, files) {
    try {
        if (isTruncatedElf(path))
            throw new Error('the file is truncated');
        return createRequire(import.meta.url)(path);
    }
    catch (error) {
        if (wasBundled())
            throw bundledError(`${path} to be loaded`, error);
        const { message } = error;
        throw torchError('ERR_ADDON_LOAD', `${path} could not be loaded: ${message}\n  fix: ${fixFor(message, files)}`, {
            cause: error,
        });
    }
}
function fixFor(message, { prebuilt }) {
    if (/libstdc\+\+\.so\.6: cannot open shared object/.test(message)) {
        return 'apt-get install -y libstdc++6 (Debian, Ubuntu), dnf install -y libstdc++ (Fedora, RHEL)';
    }
    if (/version `(GLIBC|GLIBCXX|CXXABI)_[\d.]+' not found/.test(message)) {
        return `use a newer distribution, such as Debian 12 or Ubuntu 22.04, or ${remedies.rebuild()}`;
    }
    return prebuilt === undefined ? remedies.rebuild() : `${remedies.damagedPackage(prebuilt)}, or ${remedies.rebuild()}`;
}
