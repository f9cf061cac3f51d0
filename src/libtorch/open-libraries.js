/** Opens the first LibTorch that can be opened, through loader.node. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { torchError } from '../errors.js';
import { readManifest } from './find/cache.js';
import { isTruncatedElf } from './elf.js';
import { usable } from './find/locate.js';
import { remedies } from './remedies.js';
export async function openLibraries(loader, request) {
    const passedOver = [];
    for (const set of usable({ version: request.version })) {
        try {
            checkWhole(set);
            return loadedLibraries(await loader.open(nativeRequest(set, request, passedOver)));
        }
        catch (error) {
            passedOver.push(passOver(set, error));
        }
    }
    throw torchError('ERR_INTERNAL', 'Expected usable() to end with an error');
}
function nativeRequest(set, request, passedOver) {
    const { version, libDir: path, source } = set;
    const unfit = unfitForCuda(set);
    const cuda = set.hasCuda && unfit === undefined;
    const warnings = [...passedOver, ...(unfit === undefined ? [] : [unfit])];
    const cudaProblem = cuda ? undefined : warnings.at(-1)?.cudaProblem;
    const description = {
        ...{ version, path, source, cuda, warnings: warnings.map(({ text }) => text) },
        ...(cudaProblem !== undefined && { cudaProblem }),
    };
    return {
        env: request.env,
        libraries: set.libraries,
        optional: cuda ? set.cudaLibraries : [],
        ...(request.stub !== undefined && { stub: request.stub }),
        description: JSON.stringify(description),
    };
}
/** Why the CUDA libraries of a set must not be opened; undefined if they may be, or if it has none. */
export function unfitForCuda(set, hasDevice = hasNvidiaDevice()) {
    if (!set.hasCuda)
        return undefined;
    if (!hasDevice)
        return unusableCuda('its CUDA libraries were not opened: this machine shows no NVIDIA device');
    const file = set.cudaLibraries.find(isTruncatedElf);
    if (file === undefined)
        return undefined;
    const { fix } = damaged(set);
    return unusableCuda(`its CUDA libraries were not opened: ${file}: the file is truncated (fix: ${fix})`, fix);
}
function unusableCuda(text, fix = remedies.noDevice) {
    return { text, cudaProblem: { what: 'CUDA cannot be used', fix } };
}
/** @throws LoadFailure naming the first library that is truncated */
function checkWhole({ libraries }) {
    const file = libraries.find(isTruncatedElf);
    if (file === undefined)
        return;
    const failure = { code: 'ERR_LIBTORCH_LOAD', file, stuck: false };
    throw Object.assign(new Error('the file is truncated'), failure);
}
function loadedLibraries({ description, optionalFailure }) {
    const set = JSON.parse(description);
    if (optionalFailure === undefined)
        return set;
    const { text, cudaProblem } = unusableCuda(`its CUDA libraries could not be opened, so it computes on the CPU: ${optionalFailure}`);
    return { ...set, cuda: false, warnings: [...set.warnings, text], cudaProblem };
}
/** The warning about a set with CUDA that is not used. @throws ERR_LIBTORCH_LOAD where taking another one would be wrong */
export function passOver(set, error) {
    const failure = error;
    if (failure.code !== 'ERR_LIBTORCH_LOAD')
        throw error;
    const what = `LibTorch ${set.version} in ${set.libDir} (${set.source}) could not be opened: ${failure.file}: ${failure.message}`;
    // The user named it, or a part of it is in the process already: another one must not take its place.
    if (set.source === 'LIBTORCH' || failure.stuck || !set.hasCuda) {
        throw torchError('ERR_LIBTORCH_LOAD', `${what}\n${fixFor(set, failure)}`, { cause: error });
    }
    const fix = `${remedies.damagedSet('cuda', set.version)}, or ${remedies.noCuda()}`;
    return { text: what, cudaProblem: { what: 'the LibTorch with CUDA could not be opened', fix } };
}
function fixFor(set, { message }) {
    const { fix, files } = damaged(set);
    const missing = /^([^:/ ]+): cannot open shared object file/.exec(message)?.[1];
    // A library that none of our sets holds belongs to the system.
    if (missing !== undefined && !files.includes(`lib/${missing}`))
        return `  fix: put ${missing} into ${set.libDir}, or take another LibTorch (LIBTORCH=/path)`;
    return `  fix: ${fix}`;
}
/** How to repair a set, and the files that it should have, if they are known. */
function damaged({ source, libDir, version }) {
    const folder = dirname(libDir);
    const manifest = readManifest(folder);
    const files = Object.keys(manifest?.files ?? {});
    if (source === 'package')
        return { fix: remedies.damagedPackage(folder), files };
    if (source === 'cache' || source === 'setup')
        return { fix: remedies.damagedSet(manifest?.kind ?? 'cpu', version), files };
    return { fix: 'take another LibTorch (LIBTORCH=/path)', files };
}
/** Looks for the driver's device nodes: on bare metal and in containers, under WSL, on Tegra. */
function hasNvidiaDevice() {
    return ['/dev/nvidiactl', '/dev/dxg', '/dev/nvmap'].some((node) => existsSync(node));
}
