/** What PyPI's wheels of torch 2.15.0 hold in `torch/lib`, and what each library's own table names, system libraries left out: `objdump -p`, and the load commands of Mach-O. */

export interface WheelFiles {
  /** Names in `torch/lib`. */
  readonly files: readonly string[];
  /** What the libraries that we take ask for. */
  readonly needs: Readonly<Record<string, readonly string[]>>;
  /** Of these libraries together. */
  readonly bytes: number;
}

export const wheelFiles: Readonly<Record<'win32-x64' | 'darwin-arm64' | 'linux-arm64', WheelFiles>> = {
  // torch-2.15.0-cp311-cp311-win_amd64.whl
  'win32-x64': {
    files: [
      ...[
        'c10.dll',
        'c10.lib',
        'cpuinfo.lib',
        'fmt-c.lib',
        'fmt-module.lib',
        'fmt.lib',
        'libiomp5md.dll',
        'libiompstubs5md.dll',
      ],
      ...[
        'libittnotify.lib',
        'pthreadpool.lib',
        'shm.dll',
        'shm.lib',
        'sleef.lib',
        'torch.dll',
        'torch.lib',
        'torch_cpu.dll',
      ],
      ...['torch_cpu.lib', 'torch_global_deps.dll', 'torch_python.dll', 'torch_python.lib', 'uv.dll'],
    ],
    needs: {
      'c10.dll': [],
      'libiomp5md.dll': [],
      'torch_cpu.dll': ['libiomp5md.dll', 'uv.dll', 'c10.dll'],
      'uv.dll': [],
    },
    bytes: 312_472_704,
  },
  // torch-2.15.0-cp311-cp311-macosx_14_0_arm64.whl
  'darwin-arm64': {
    files: [
      ...['libc10.dylib', 'libomp.dylib', 'libshm.dylib', 'libtorch.dylib', 'libtorch_cpu.dylib'],
      ...['libtorch_global_deps.dylib', 'libtorch_python.dylib'],
    ],
    needs: {
      'libc10.dylib': [],
      'libomp.dylib': [],
      'libtorch_cpu.dylib': ['libc10.dylib', 'libomp.dylib'],
    },
    bytes: 423_819_504,
  },
  // torch-2.15.0-cp311-cp311-manylinux_2_28_aarch64.whl; libcudart and libcupti come from NVIDIA's wheels
  'linux-arm64': {
    files: [
      ...['libarm_compute.so', 'libarm_compute_graph.so', 'libc10.so', 'libc10_cuda.so', 'libcaffe2_nvrtc.so'],
      ...['libgfortran.so.5', 'libgomp.so.1', 'libnvpl_blas_core.so.0', 'libnvpl_blas_lp64_gomp.so.0'],
      ...['libnvpl_lapack_core.so.0', 'libnvpl_lapack_lp64_gomp.so.0', 'libshm.so', 'libtorch.so', 'libtorch_cpu.so'],
      ...['libtorch_cuda.so', 'libtorch_cuda_linalg.so', 'libtorch_global_deps.so', 'libtorch_nvshmem.so'],
      'libtorch_python.so',
    ],
    needs: {
      'libarm_compute.so': ['libgomp.so.1'],
      'libarm_compute_graph.so': ['libarm_compute.so', 'libgomp.so.1'],
      'libc10.so': [],
      'libcudart.so.13': [],
      'libcupti.so.13': [],
      'libgomp.so.1': [],
      'libnvpl_blas_core.so.0': [],
      'libnvpl_blas_lp64_gomp.so.0': ['libnvpl_blas_core.so.0'],
      'libnvpl_lapack_core.so.0': [],
      'libnvpl_lapack_lp64_gomp.so.0': ['libnvpl_lapack_core.so.0', 'libnvpl_blas_lp64_gomp.so.0'],
      'libtorch_cpu.so': [
        ...['libc10.so', 'libnvpl_lapack_lp64_gomp.so.0', 'libgomp.so.1', 'libcupti.so.13', 'libcudart.so.13'],
        ...['libnvpl_blas_lp64_gomp.so.0', 'libarm_compute.so', 'libarm_compute_graph.so'],
      ],
    },
    bytes: 368_917_881,
  },
};
