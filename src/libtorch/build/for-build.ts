/** Chooses the LibTorch that the addon is compiled against: one that is there, else the pinned one, fetched. */

import { torchError } from '../../errors.js';
import type { Candidate, LibtorchSet } from '../find/locate.js';
import { candidates } from '../find/locate.js';
import { currentPlatform, checkPlatform } from '../platform.js';
import { libtorchVersion, minorOf } from '../version.js';
import { cachedSet } from '../find/cache.js';
import { missingWheels } from '../fetch/inventory.js';
import { findPin } from '../fetch/pins.js';
import type { ProvisionOptions } from '../fetch/provision.js';
import { provision } from '../fetch/provision.js';

export interface BuildLibtorch {
  /** LIBTORCH, cache, package or python. */
  readonly source: string;
  readonly version: string;
  readonly libDir: string;
  readonly includeDir: string;
}

export interface ForBuildOptions extends Omit<ProvisionOptions, 'headers' | 'triple' | 'kind'> {
  /** Build against another minor than the pinned one (2.11, say), which must be in LIBTORCH or in Python. */
  version?: string;
}

/**
 * A LibTorch with libraries and headers: LIBTORCH when it is set, a complete cache, the `torch` of the active Python,
 * else the pinned wheels are fetched.
 */
export async function libtorchForBuild(options: ForBuildOptions = {}): Promise<BuildLibtorch> {
  checkPlatform();
  const { version = libtorchVersion, env = process.env } = options;
  for (const candidate of candidates({ version, env })) {
    if (candidate.source === 'LIBTORCH' && env.LIBTORCH) return withHeaders(candidate, version);
    const { set, place } = candidate;
    if (set?.includeDir === undefined) continue;
    // Under whichever name it is found there, `setup`'s or the cache's, what is incomplete is fetched below.
    if (place === cachedSet(currentPlatform().triple, env) && !isComplete(options)) continue;
    return { ...set, includeDir: set.includeDir };
  }
  if (minorOf(version) !== minorOf(libtorchVersion)) {
    throw torchError(
      'ERR_LIBTORCH_NOT_FOUND',
      `Expected a LibTorch ${minorOf(version)} with headers in LIBTORCH or in the active Python, but found none\n` +
        `  fix: pip install torch==${version}, or set LIBTORCH=/path/to/it`,
    );
  }
  const { libDir, includeDir } = await provision({ ...options, headers: true });
  return { source: 'cache', version: libtorchVersion, libDir, includeDir };
}

/** A LIBTORCH that is set and cannot be used ends the build: what was asked for is never replaced. */
function withHeaders({ place, set, problem, wrongVersion }: Candidate, version: string): BuildLibtorch {
  if (set?.includeDir !== undefined) return set as LibtorchSet & { includeDir: string };
  throw torchError(
    wrongVersion ? 'ERR_LIBTORCH_VERSION' : 'ERR_LIBTORCH_NOT_FOUND',
    `Expected LIBTORCH to be a LibTorch ${minorOf(version)} with headers, but ${place}: ${problem ?? 'has no include/ATen/ATen.h'}\n` +
      '  fix: set LIBTORCH to the folder that has lib/ and include/, or unset it to have LibTorch fetched',
  );
}

function isComplete({ env, pin = findPin(currentPlatform().triple) }: ForBuildOptions): boolean {
  return pin !== undefined && missingWheels(cachedSet(currentPlatform().triple, env), pin, true).length === 0;
}
