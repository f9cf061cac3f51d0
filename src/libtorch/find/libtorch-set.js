/** Reads which libraries a LibTorch's folder has, without opening any. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { cudaLibraries, libraryFinder } from './cuda-libraries.js';
import { readManifest } from './cache.js';
/** libtorch_cpu's own needs first: each is then found by its soname, wherever it lies. */
const orders = {
    linux: [
        /^libgomp[-.].*so/,
        /^libcudart[-.].*so/,
        /^libcupti[-.].*so/,
        /^libnvpl_blas_core\.so/,
        /^libnvpl_blas_lp64_gomp\.so/,
        /^libnvpl_lapack_core\.so/,
        /^libnvpl_lapack_lp64_gomp\.so/,
        /^libarm_compute\.so/,
        /^libarm_compute_graph\.so/,
        /^libc10\.so$/,
        /^libtorch_cpu\.so$/,
    ],
    darwin: [/^libomp\.dylib$/, /^libc10\.dylib$/, /^libtorch_cpu\.dylib$/],
};
const cpuLibrary = process.platform === 'darwin' ? 'libtorch_cpu.dylib' : 'libtorch_cpu.so';
/** `base` is a flat folder of libraries or one with `lib/`, as every distribution of LibTorch is laid out. */
export function inspectSet(source, base) {
    const root = resolve(base);
    if (!existsSync(root))
        return { problem: 'folder not found' };
    const libDir = [join(root, 'lib'), root].find((folder) => existsSync(join(folder, cpuLibrary)));
    if (libDir === undefined)
        return { problem: `neither it nor its lib/ has ${cpuLibrary}` };
    const version = readVersion(root, libDir);
    if (version === undefined) {
        return {
            problem: 'its version is unknown: no libtorch.json, version.py, build-version or TorchConfigVersion.cmake',
        };
    }
    // CUDA's own libraries lie beside torch in a Python environment, and in lib/ elsewhere.
    const find = libraryFinder(libDir, join(root, '..', 'nvidia'));
    const cuda = cudaLibraries(libDir, find);
    // Small, and what compiled packages name. In a CUDA build it needs all of CUDA, so it goes with that.
    const umbrella = process.platform === 'linux' ? find(/^libtorch\.so$/) : [];
    return {
        source,
        version,
        libDir,
        includeDir: [join(root, 'include'), join(libDir, '..', 'include')].find((dir) => existsSync(join(dir, 'ATen/ATen.h'))),
        libraries: [...(orders[process.platform] ?? []).flatMap(find), ...(cuda.length > 0 ? [] : umbrella)],
        cudaLibraries: cuda.length > 0 ? [...cuda, ...umbrella] : [],
        hasCuda: cuda.length > 0,
    };
}
function readVersion(root, libDir) {
    for (const folder of new Set([root, libDir, dirname(libDir)])) {
        const version = readManifest(folder)?.version ??
            match(join(folder, 'version.py'), /__version__\s*=\s*['"](\d[^'"]*)['"]/) ??
            match(join(folder, 'build-version'), /^(\d\S*)/) ??
            match(join(folder, 'share/cmake/Torch/TorchConfigVersion.cmake'), /PACKAGE_VERSION\s+"(\d[^"]*)"/);
        if (version !== undefined)
            return version;
    }
    return undefined;
}
function match(path, pattern) {
    try {
        return pattern.exec(readFileSync(path, 'utf8'))?.[1];
    }
    catch {
        return undefined;
    }
}
