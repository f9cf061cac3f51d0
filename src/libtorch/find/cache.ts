/** Where fetched LibTorches lie, the manifest that says what one consists of, and which one `setup` chose. */

import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { torchError } from '../../errors.js';
import { writeFileAtomic } from '../../files/atomic.js';
import type { FileDigest } from '../../files/hash.js';
import { libtorchVersion, minorOf } from '../version.js';

/** Which files a set holds: the CPU's libraries, CUDA's too, or C++ headers alone. */
export type SetKind = 'cpu' | 'cuda' | 'headers';

/** `libtorch.json`, written last: a folder without it is not a set. */
export interface Manifest {
  readonly version: string;
  readonly platform: string;
  readonly kind: SetKind;
  /** By name relative to the set, e.g. `lib/libc10.so`. */
  readonly files: Readonly<Record<string, FileDigest>>;
  /** The headers as a whole, when they were fetched: sha256 over the sorted `name sha256` lines of `include/`. */
  readonly headers?: FileDigest & { readonly count: number };
  /** In the npm package: files whose symbol tables were removed, with the digests that they had in the wheel. */
  readonly stripped?: Readonly<Record<string, FileDigest>>;
}

export const manifestName = 'libtorch.json';

/** `NODE_LIBTORCH_CACHE`, else `node-libtorch` in the user's cache folder; undefined for a user without a home folder. */
export function findCacheRoot(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.NODE_LIBTORCH_CACHE) return resolve(env.NODE_LIBTORCH_CACHE);
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'node-libtorch');
  const home = env.HOME || homeOfUser();
  return home ? join(home, '.cache/node-libtorch') : undefined;
}

/** Undefined for a user id without an entry in /etc/passwd, as containers run programs: Node throws there. */
function homeOfUser(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** Why there is no cache. */
export const noCache = 'this user has no home folder, and NODE_LIBTORCH_CACHE is not set';

/** As `findCacheRoot`, for who needs one. @throws ERR_DOWNLOAD for a user without a home folder */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const root = findCacheRoot(env);
  if (root !== undefined) return root;
  throw torchError(
    'ERR_DOWNLOAD',
    `Expected a folder for the cache, but ${noCache}\n  fix: set NODE_LIBTORCH_CACHE to a folder that can be written to`,
  );
}

/** The folder of a fetched set of a platform. @throws ERR_DOWNLOAD as `cacheRoot` */
export function cachedSet(
  triple: string,
  env?: NodeJS.ProcessEnv,
  version: string = libtorchVersion,
  kind: SetKind = 'cpu',
): string {
  return join(cacheRoot(env), setName(triple, version, kind));
}

/** As `cachedSet`, of this version's own set; undefined where there is no cache. */
export function findCachedSet(triple: string, env?: NodeJS.ProcessEnv): string | undefined {
  const root = findCacheRoot(env);
  return root === undefined ? undefined : join(root, setName(triple, libtorchVersion, 'cpu'));
}

const setName = (triple: string, version: string, kind: SetKind): string => `libtorch-${version}-${triple}-${kind}`;

/** The manifest of a set; undefined if it is missing or cannot be read. */
export function readManifest(set: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(set, manifestName), 'utf8')) as Manifest;
    return typeof manifest.version === 'string' && typeof manifest.files === 'object' ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** The small file in the cache that names the set `node-libtorch setup` chose, one for each minor version and platform. */
const chosenFile = (version: string, triple: string, env?: NodeJS.ProcessEnv): string =>
  join(cacheRoot(env), `chosen-${minorOf(version)}-${triple}.json`);

/** The folder of the chosen set, which may have been removed; undefined if none was chosen. */
export function chosenSet(version: string, triple: string, env?: NodeJS.ProcessEnv): string | undefined {
  try {
    const { set } = JSON.parse(readFileSync(chosenFile(version, triple, env), 'utf8')) as { set?: unknown };
    // A name, not a path: the cache may be moved, and the choice must not lead out of it.
    return typeof set === 'string' && /^libtorch-[\w.-]+$/.test(set) ? join(cacheRoot(env), set) : undefined;
  } catch {
    return undefined;
  }
}

/** Makes a set of the cache the chosen one. Resolves when later processes find it. */
export async function chooseSet(set: string, version: string, triple: string, env?: NodeJS.ProcessEnv): Promise<void> {
  await mkdir(cacheRoot(env), { recursive: true });
  await writeFileAtomic(chosenFile(version, triple, env), `${JSON.stringify({ set: basename(set) })}\n`);
}
