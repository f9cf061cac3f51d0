/** Finds the libraries that LibTorch's CUDA half needs, in an order in which each finds those before it. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
// Not libtorch_nvshmem: it uses c10_cuda without naming it, so only libtorch_cuda can bring it in.
const order = [
    /^libnvJitLink[-.].*so/,
    /^libnvrtc\.so|^libnvrtc-[0-9a-f]+\.so/,
    /^libcublasLt[-.].*so/,
    /^libcublas[-.].*so/,
    /^libcufft[-.].*so/,
    /^libcusparse[-.].*so/,
    /^libcusparseLt[-.].*so/,
    /^libcufile[-.].*so/,
    /^libcudnn[-.].*so/,
    /^libnccl[-.].*so/,
    /^libnvshmem_host[-.].*so/,
    /^libc10_cuda\.so$/,
    /^libtorch_cuda\.so$/,
];
/** @param nvidia the folder of a Python environment's nvidia packages; it may be missing */
export function libraryFinder(libDir, nvidia) {
    const packages = list(nvidia).map((name) => join(nvidia, name, 'lib'));
    const folders = [libDir, ...packages].map((folder) => [folder, list(folder)]);
    return (pattern) => {
        for (const [folder, names] of folders) {
            const name = names.find((candidate) => pattern.test(candidate));
            if (name !== undefined)
                return [join(folder, name)];
        }
        return [];
    };
}
/** CUDA's libraries, in the order in which to open them; empty if this LibTorch has no CUDA. */
export function cudaLibraries(libDir, find) {
    return existsSync(join(libDir, 'libtorch_cuda.so')) ? order.flatMap(find) : [];
}
function list(folder) {
    try {
        return readdirSync(folder).sort();
    }
    catch {
        return [];
    }
}
