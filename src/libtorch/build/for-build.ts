/** The LibTorch that the addon is compiled against: the one that will be loaded, else the pinned one, fetched. */

import { dirname } from 'node:path';
import { torchError } from '../../errors.js';
import { chooseSet, findCachedSet, type SetKind } from '../find/cache.js';
import { usable, type LibtorchSet } from '../find/locate.js';
import { missingWheels } from '../fetch/inventory.js';
import { findPin, type PlatformPin } from '../fetch/pins.js';
import { provision, type ProvisionOptions } from '../fetch/provision.js';
import { checkPlatform, currentPlatform } from '../platform.js';
import { libtorchVersion, minorOf, sameMinor } from '../version.js';

export interface BuildLibtorch {
  /** How it was found: LIBTORCH, setup, cache, package or python. */
  readonly source: string;
  readonly version: string;
  readonly libDir: string;
  readonly includeDir: string;
}

export interface ForBuildOptions extends Pick<ProvisionOptions, 'pin' | 'report' | 'env' | 'signal'> {
  /** The release to compile against. Default: the pinned one. */
  version?: string;
  /** Fetch another minor than the pinned one too, and choose it for later runs, if nothing else is found. Default false. */
  fetchesOthers?: boolean;
}

/**
 * Finds a LibTorch as loading one does, and fetches what is missing: its headers, or all of it if there is none.
 * @throws ERR_LIBTORCH_NOT_FOUND or ERR_LIBTORCH_VERSION for a LIBTORCH that is set and cannot be built with; ERR_BUILD for
 * another LibTorch without headers whose release is not pinned; what fetching throws
 */
export async function libtorchForBuild(options: ForBuildOptions = {}): Promise<BuildLibtorch> {
  checkPlatform();
  const { version = libtorchVersion, env = process.env } = options;
  const found = firstUsable(version, env);
  if (found === undefined || isIncomplete(found, options)) return fetchWhole(version, options);
  return withHeaders(found) ?? fetchHeaders(found, options);
}

/** Nothing found is not an error, but a LIBTORCH that is set and wrong is one. */
function firstUsable(version: string, env: NodeJS.ProcessEnv): LibtorchSet | undefined {
  try {
    for (const set of usable({ version, env })) return set;
  } catch (error) {
    if (env.LIBTORCH) throw error;
  }
  return undefined;
}

function withHeaders({ source, version, libDir, includeDir }: LibtorchSet): BuildLibtorch | undefined {
  return includeDir === undefined ? undefined : { source, version, libDir, includeDir };
}

/** Whether it is the pinned set of the cache, and files or headers of it are missing. */
function isIncomplete({ libDir }: LibtorchSet, { env, pin }: ForBuildOptions): boolean {
  const { triple } = currentPlatform();
  const set = findCachedSet(triple, env);
  const wanted = pin ?? findPin(triple);
  return (
    set !== undefined &&
    dirname(libDir) === set &&
    wanted !== undefined &&
    missingWheels(set, wanted, { headers: true }).length > 0
  );
}

async function fetchWhole(version: string, options: ForBuildOptions): Promise<BuildLibtorch> {
  if (!options.fetchesOthers && !sameMinor(version, libtorchVersion)) {
    throw torchError(
      'ERR_LIBTORCH_NOT_FOUND',
      `Expected a LibTorch ${minorOf(version)} with headers in LIBTORCH or in the active Python, but found none\n` +
        `  fix: pip install torch==${version}, or set LIBTORCH=/path/to/it`,
    );
  }
  const wanted = options.fetchesOthers ? { version } : {};
  const { set, libDir, includeDir, pin } = await provision({ ...fetchOptions(options), ...wanted, headers: true });
  // Without a choice only this source's own release is looked for in the cache.
  if (pin.version !== libtorchVersion) await chooseSet(set, pin.version, currentPlatform().triple, options.env);
  return { source: 'cache', version: pin.version, libDir, includeDir };
}

/** Headers of the same release, from a wheel, into a set of their own. */
async function fetchHeaders(found: LibtorchSet, options: ForBuildOptions): Promise<BuildLibtorch> {
  const release = found.version.replace(/\+.*$/, '');
  const pin = findPin(currentPlatform().triple, 'cpu', release);
  if (pin === undefined) {
    const isNamed = found.source === 'LIBTORCH';
    throw torchError(
      isNamed ? 'ERR_LIBTORCH_NOT_FOUND' : 'ERR_BUILD',
      `Expected the C++ headers of LibTorch ${release}, but ${dirname(found.libDir)} has no include/ATen/ATen.h, ` +
        'and this release is not pinned, so its headers cannot be fetched\n' +
        `  fix: set LIBTORCH to a folder that has lib/ and include/${isNamed ? ', or unset it to have LibTorch fetched' : ''}`,
    );
  }
  const { includeDir } = await provision({ ...fetchOptions(options), pin: headersOf(pin), headers: true });
  return { source: found.source, version: found.version, libDir: found.libDir, includeDir };
}

function fetchOptions({ pin, report, env, signal }: ForBuildOptions): ProvisionOptions {
  return { ...(pin && { pin }), ...(report && { report }), ...(env && { env }), ...(signal && { signal }) };
}

/** A set of headers alone. */
function headersOf(pin: PlatformPin): PlatformPin {
  const kind: SetKind = 'headers';
  const wheels = pin.wheels.filter(({ headers }) => headers !== undefined).map((wheel) => ({ ...wheel, files: [] }));
  return { ...pin, kind, wheels };
}
