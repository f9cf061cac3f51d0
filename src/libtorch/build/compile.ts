/** Compiles the addon with cmake-js against a given LibTorch. */

import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { torchError } from '../../errors.js';
import { resolveFrom } from '../../files/resolve.js';
import { checkToolchain } from './toolchain.js';

export interface CompileOptions {
  /** The package's root, where CMakeLists.txt is. */
  readonly root: string;
  /** Where CMake works; the modules end up in its `Release`. Default: `build` in the root. */
  readonly out?: string;
  readonly libDir: string;
  readonly includeDir: string;
  /** Of the LibTorch compiled against. */
  readonly version: string;
  /** More CMake cache entries. */
  readonly defines?: Readonly<Record<string, string>>;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** Configures and builds; resolves to the folder of the modules. A failure is ERR_BUILD; the tools' output goes to stderr. */
export async function compile(options: CompileOptions): Promise<string> {
  const { root, out = join(root, 'build'), env = process.env } = options;
  const { addonApi, cmakeJs } = checkTools(root, env);
  const defines = {
    LIBTORCH_INCLUDE: options.includeDir,
    LIBTORCH_LIB: options.libDir,
    NODE_LIBTORCH_TORCH_VERSION: options.version,
    NODE_ADDON_API_INC: dirname(addonApi),
    ...options.defines,
  };
  const args = [
    '-d',
    root,
    '-O',
    out,
    '-l',
    'warn',
    // The sources need what cl lacks: see CMakeLists.txt.
    ...(process.platform === 'win32' ? ['--toolset', 'ClangCL'] : []),
    ...Object.entries(defines).map(([key, value]) => `--CD${key}=${value}`),
  ];
  // Not `compile`, which answers a compiler's error by building everything a second time.
  for (const step of ['configure', 'build']) await runCmakeJs(cmakeJs, root, [step, ...args], env, options.signal);
  return join(out, 'Release');
}

/** Files of the packages that are needed for building only. */
interface Peers {
  readonly cmakeJs: string;
  /** Its package.json. */
  readonly addonApi: string;
}

/** @throws ERR_BUILD for missing tools, and then for packages that are not installed */
export function checkTools(root: string, env: NodeJS.ProcessEnv = process.env): Peers {
  checkToolchain(env);
  const cmakeJs = resolveFrom(root, 'cmake-js/bin/cmake-js');
  const addonApi = resolveFrom(root, 'node-addon-api/package.json');
  if (cmakeJs !== undefined && addonApi !== undefined) return { cmakeJs, addonApi };
  const names = [...(cmakeJs ? [] : ['cmake-js']), ...(addonApi ? [] : ['node-addon-api'])];
  throw torchError(
    'ERR_BUILD',
    `Expected ${names.join(' and ')} to be installed for ${root}, but they are not\n  fix: npm install cmake-js node-addon-api`,
  );
}

function runCmakeJs(
  command: string,
  root: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // A group of its own: below cmake-js are CMake, ninja and compilers, which would go on without it.
    const child = spawn(process.execPath, [command, ...args], {
      env,
      cwd: root,
      stdio: ['ignore', 2, 2],
      detached: true,
    });
    const stop = (): void => {
      try {
        if (child.pid === undefined) return;
        // Windows has no groups of this kind.
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGTERM');
      } catch {
        // It has just ended by itself.
      }
    };
    signal?.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('close', (code, killed) => {
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) reject(signal.reason as Error);
      else if (code === 0) resolve();
      else reject(torchError('ERR_BUILD', `cmake-js ${args[0]} ended with ${code ?? killed}; its output is above`));
    });
  });
}
