/**
 * What the process of an admission sees of our environment: enough to find LibTorch and to compute as we do. Tokens, keys and
 * proxies of the program are no business of a model.
 */
const allowed = [
  ...['PATH', 'HOME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'SystemRoot', 'USERPROFILE', 'LOCALAPPDATA'],
  // Where LibTorch is, and other libraries.
  ...['LIBTORCH', 'NODE_LIBTORCH_CACHE', 'XDG_CACHE_HOME', 'VIRTUAL_ENV', 'CONDA_PREFIX'],
  ...[
    'LD_LIBRARY_PATH',
    'DYLD_LIBRARY_PATH',
    'CUDA_HOME',
    'CUDA_PATH',
    'CUDA_VISIBLE_DEVICES',
    'NVIDIA_VISIBLE_DEVICES',
  ],
  // How it computes.
  ...[
    'OMP_NUM_THREADS',
    'MKL_NUM_THREADS',
    'MKL_CBWR',
    'ATEN_CPU_CAPABILITY',
    'DNNL_MAX_CPU_ISA',
    'ONEDNN_MAX_CPU_ISA',
  ],
];

/** @param temporary where the process may write; whatever it leaves there goes with it */
export function scrubbedEnvironment(temporary: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = allowed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  const places = ['TMPDIR', 'TMP', 'TEMP', 'NODE_LIBTORCH_TMPDIR'].map((name) => [name, temporary] as const);
  return Object.fromEntries([...kept, ...places]);
}
