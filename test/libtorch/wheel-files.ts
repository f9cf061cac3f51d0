/** What PyPI's wheels of torch 2.15.0 hold in `torch/lib`, and what each library's own table names, system libraries left out: `objdump -p`, and the load commands of Mach-O. */

export interface WheelFiles {
  /** Names in `torch/lib`. */
  readonly files: readonly string[];
  /** What the libraries that we take ask for. */
  readonly needs: Readonly<Record<string, readonly string[]>>;
}

export const wheelFiles: Readonly<Record<'win32-x64' | 'darwin-arm64', WheelFiles>> = {
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
  },
};
