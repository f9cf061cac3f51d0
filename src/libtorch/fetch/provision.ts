/** Puts a verified LibTorch into the cache: fetch, check, extract, move into place. */

import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Manifest } from '../find/cache.js';
import type { FileDigest } from '../../files/hash.js';
import { cacheRoot, cachedSet, readManifest, type SetKind } from '../find/cache.js';
import { torchError } from '../../errors.js';
import { currentPlatform } from '../platform.js';
import { extract } from './extract.js';
import { install } from './install.js';
import { headersFolder, lacksFiles, lacksHeaders, lacksLicences, licencesFolder, missingWheels } from './inventory.js';
import type { PlatformPin } from './pins.js';
import type { WheelPin } from './wheel-pin.js';
import { pinsFor } from './pins.js';
import { Downloads } from './partial-downloads.js';
import { fetchWheel } from './fetch-wheel.js';
import { fullDisk, makeCacheFolder } from '../../files/space.js';
import type { Report } from './progress.js';
import { silent } from './progress.js';
import { openStaging } from './staging.js';

export interface ProvisionOptions {
  /** Also the C++ headers, for building the addon. Default false. */
  headers?: boolean;
  /** Also the licences of the wheels, which `licenses/<project>/` of the set has then, for giving the files on. Default false. */
  licences?: boolean;
  /** The platform. Default: this machine's. */
  triple?: string;
  /** Which of the pinned sets: `cpu` (default) or `cuda`, which holds CUDA's libraries too. */
  kind?: SetKind;
  /** LibTorch's release. Default: the one that this source is written for. */
  version?: string;
  /** Files of the set, by their names in its manifest, to fetch again. They stay until their replacements are there. */
  faulty?: readonly string[];
  /** Default: the pinned wheels of the platform. */
  pin?: PlatformPin;
  report?: Report;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

export interface Provisioned {
  readonly pin: PlatformPin;
  readonly set: string;
  readonly libDir: string;
  /** The folder of the headers, which exists if `headers` was set. */
  readonly includeDir: string;
  /** The wheels that had to be fetched; empty if nothing was missing. */
  readonly fetched: readonly string[];
}

/**
 * Makes sure that the cache holds the pinned LibTorch, fetching what is missing. A run that fails or is stopped leaves
 * no incomplete set behind. Several runs at the same time are safe.
 * @throws ERR_PLATFORM_UNSUPPORTED, ERR_DOWNLOAD, ERR_INTEGRITY, or `signal.reason`
 */
export async function provision(options: ProvisionOptions = {}): Promise<Provisioned> {
  const { headers = false, licences = false, triple = currentPlatform().triple, env = process.env } = options;
  const pin = options.pin ?? pinsFor(triple, options.kind, options.version);
  const set = cachedSet(triple, env, pin.version, pin.kind);
  const manifest = without(readManifest(set), options.faulty);
  const missing = missingWheels(set, pin, { headers, licences }, manifest);
  if (missing.length > 0) await fetchInto(set, triple, pin, missing, manifest, options);
  return {
    pin,
    set,
    libDir: join(set, 'lib'),
    includeDir: join(set, headersFolder),
    fetched: missing.map((wheel) => wheel.file),
  };
}

function without(manifest: Manifest | undefined, names: readonly string[] = []): Manifest | undefined {
  if (manifest === undefined) return undefined;
  return {
    ...manifest,
    files: Object.fromEntries(Object.entries(manifest.files).filter(([name]) => !names.includes(name))),
  };
}

async function fetchInto(
  set: string,
  triple: string,
  pin: PlatformPin,
  missing: readonly WheelPin[],
  manifest: Manifest | undefined,
  options: ProvisionOptions,
): Promise<void> {
  const root = cacheRoot(options.env);
  await makeCacheFolder(root);
  await using staging = await openStaging(root);
  const downloads = await Downloads.open(root);
  const fetch = { downloads, staging: staging.path, report: options.report, env: options.env, signal: options.signal };
  const fresh = join(staging.path, 'set');
  await mkdir(fresh);
  try {
    const files = new Map<string, FileDigest>();
    for (const wheel of missing) {
      const wanted = {
        files: lacksFiles(set, wheel, manifest),
        headers: options.headers === true && lacksHeaders(set, wheel, manifest),
        // They are small, and the wheel is not kept: whoever gives the files on needs not fetch it again.
        licences: lacksLicences(set, wheel),
      };
      const path = await fetchWheel(wheel, fetch);
      for (const [name, record] of await takeWheel(wheel, path, wanted, fresh, options)) files.set(name, record);
    }
    options.signal?.throwIfAborted();
    await install(fresh, set, staging.path, { version: pin.version, platform: triple, kind: pin.kind, files });
    await downloads.discard(missing.map(({ file }) => file));
  } catch (error) {
    throw fullDisk(root, error);
  }
  options.report?.step(`LibTorch ${pin.version} is in ${set}`);
}

async function takeWheel(
  wheel: WheelPin,
  path: string,
  wanted: Wanted,
  fresh: string,
  { report = silent, signal, licences = false }: ProvisionOptions,
): Promise<Map<string, FileDigest>> {
  const records = await extract(path, fresh, {
    select: selector(wheel, wanted),
    progress: (bytes) => report.bar(`Extracting ${wheel.project}`, bytes),
    ...(signal && { signal }),
  });
  const absent = wanted.files ? wheel.files.find(({ to }) => !records.has(to)) : undefined;
  if (absent !== undefined)
    throw torchError('ERR_INTEGRITY', `Expected ${absent.from} in ${wheel.file}, but it is missing`);
  const isLicence = (name: string): boolean => name.startsWith(`${licencesFolder}/`);
  if (licences && wanted.licences && ![...records.keys()].some(isLicence))
    throw torchError(
      'ERR_INTEGRITY',
      `Expected licences in the dist-info/licenses of ${wheel.file}, but there are none`,
    );
  return records;
}

interface Wanted {
  readonly files: boolean;
  readonly headers: boolean;
  readonly licences: boolean;
}

const licence = /^[^/]+\.dist-info\/licenses\/(.+)$/;

function selector(wheel: WheelPin, wanted: Wanted) {
  const files = new Map(wanted.files ? wheel.files.map(({ from, to }) => [from, to]) : []);
  const prefix = wanted.headers && wheel.headers !== undefined ? `${wheel.headers}/` : undefined;
  const linked = new Set(wanted.headers ? wheel.importLibraries : []);
  return (entry: string): string | undefined => {
    if (linked.has(entry)) return `${headersFolder}/lib/${basename(entry)}`;
    if (prefix !== undefined && entry.startsWith(prefix)) return `${headersFolder}/${entry.slice(prefix.length)}`;
    const text = wanted.licences ? licence.exec(entry)?.[1] : undefined;
    return text === undefined ? files.get(entry) : `${licencesFolder}/${wheel.project}/${text}`;
  };
}
