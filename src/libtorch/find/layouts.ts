/** How the wheels of each system name LibTorch's libraries for the CPU, in the order in which to open them. */

export interface Layout {
  /** The largest of them, by which a folder is known as a LibTorch. */
  readonly cpuLibrary: string;
  /** Its own needs first: each is then found by its name, wherever it lies. */
  readonly order: readonly RegExp[];
}

const linux: Layout = {
  cpuLibrary: 'libtorch_cpu.so',
  order: [
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
};

const layouts: Partial<Record<NodeJS.Platform, Layout>> = {
  linux,
  darwin: { cpuLibrary: 'libtorch_cpu.dylib', order: [/^libomp\.dylib$/, /^libc10\.dylib$/, /^libtorch_cpu\.dylib$/] },
  // Microsoft's own runtime (VCRUNTIME140, its _1 and _THREADS, MSVCP140) is the system's.
  win32: { cpuLibrary: 'torch_cpu.dll', order: [/^uv\.dll$/, /^libiomp5md\.dll$/, /^c10\.dll$/, /^torch_cpu\.dll$/] },
};

/** The layout of a system; Linux's where none is known, since such a system is refused before. */
export const layoutOf = (os: NodeJS.Platform): Layout => layouts[os] ?? linux;
