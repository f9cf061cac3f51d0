/** Where a fetched LibTorch lies, and the manifest that says what it consists of. */

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { libtorchVersion } from '../version.js';

export interface FileRecord {
  readonly bytes: number;
  readonly sha256: string;
}

/** Which files a set holds: the CPU's libraries, CUDA's too, or C++ headers alone. */
export type SetKind = 'cpu' | 'cuda' | 'headers';

/** `libtorch.json`, written last: a folder without it is not a set. */
export interface Manifest {
  readonly version: string;
  readonly platform: string;
  readonly kind: SetKind;
  /** By name relative to the set, e.g. `lib/libc10.so`. */
  readonly files: Readonly<Record<string, FileRecord>>;
  /** The headers as a whole, when they were fetched: sha256 over the sorted `name sha256` lines of `include/`. */
  readonly headers?: FileRecord & { readonly count: number };
}

export const manifestName = 'libtorch.json';

/** `NODE_LIBTORCH_CACHE`, else `node-libtorch` in the user's cache folder. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env.NODE_LIBTORCH_CACHE) return resolve(env.NODE_LIBTORCH_CACHE);
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'node-libtorch');
}

/** The folder of a fetched set of a platform. */
export function cachedSet(
  triple: string,
  env?: NodeJS.ProcessEnv,
  version: string = libtorchVersion,
  kind: SetKind = 'cpu',
): string {
  return join(cacheRoot(env), `libtorch-${version}-${triple}-${kind}`);
}

/** The manifest of a set, or undefined where there is none that can be read. */
export function readManifest(set: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(set, manifestName), 'utf8')) as Manifest;
    return typeof manifest.version === 'string' && typeof manifest.files === 'object' ? manifest : undefined;
  } catch {
    return undefined;
  }
}
