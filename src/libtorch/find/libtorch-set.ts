/** Reads which libraries a LibTorch's folder has, without opening any. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { cudaLibraries, libraryFinder } from './cuda-libraries.js';
import { readManifest } from './cache.js';
import { layoutOf } from './layouts.js';

/** In the order in which they are looked at; `setup` is the set that `node-libtorch setup` chose. */
export type LibtorchSource = 'LIBTORCH' | 'setup' | 'cache' | 'package' | 'python';

/** A LibTorch that can be opened. */
export interface LibtorchSet {
  readonly source: LibtorchSource;
  readonly version: string;
  /** The folder of libtorch_cpu; every path here is absolute. */
  readonly libDir: string;
  /** The C++ headers, where it has them. */
  readonly includeDir: string | undefined;
  /** To be opened in this order. */
  readonly libraries: readonly string[];
  /** To be opened after those, if CUDA is wanted; empty in a CPU set. */
  readonly cudaLibraries: readonly string[];
  readonly hasCuda: boolean;
  /** Some of its files lack the symbol tables that the wheel has; `libtorch.json` has their own digests, and those of the wheel. */
  readonly stripped: boolean;
}

/** Why a folder is not a LibTorch that can be used. */
export interface NoSet {
  readonly problem: string;
}

/**
 * @param base a flat folder of libraries or one with `lib/`, as every distribution of LibTorch is laid out
 * @param os whose layout to expect. Default: this system's
 */
export function inspectSet(
  source: LibtorchSource,
  base: string,
  os: NodeJS.Platform = process.platform,
): LibtorchSet | NoSet {
  const { cpuLibrary, order } = layoutOf(os);
  const root = resolve(base);
  if (!existsSync(root)) return { problem: 'folder not found' };
  const libDir = [join(root, 'lib'), root].find((folder) => existsSync(join(folder, cpuLibrary)));
  if (libDir === undefined) return { problem: `neither it nor its lib/ has ${cpuLibrary}` };
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
  const umbrella = os === 'linux' ? find(/^libtorch\.so$/) : [];
  return {
    source,
    version,
    libDir,
    includeDir: [join(root, 'include'), join(libDir, '..', 'include')].find((dir) =>
      existsSync(join(dir, 'ATen/ATen.h')),
    ),
    libraries: [...order.flatMap(find), ...(cuda.length > 0 ? [] : umbrella)],
    cudaLibraries: cuda.length > 0 ? [...cuda, ...umbrella] : [],
    hasCuda: cuda.length > 0,
    stripped: Object.keys(readManifest(root)?.stripped ?? {}).length > 0,
  };
}

function readVersion(root: string, libDir: string): string | undefined {
  for (const folder of new Set([root, libDir, dirname(libDir)])) {
    const version =
      readManifest(folder)?.version ??
      match(join(folder, 'version.py'), /__version__\s*=\s*['"](\d[^'"]*)['"]/) ??
      match(join(folder, 'build-version'), /^(\d\S*)/) ??
      match(join(folder, 'share/cmake/Torch/TorchConfigVersion.cmake'), /PACKAGE_VERSION\s+"(\d[^"]*)"/);
    if (version !== undefined) return version;
  }
  return undefined;
}

function match(path: string, pattern: RegExp): string | undefined {
  try {
    return pattern.exec(readFileSync(path, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
