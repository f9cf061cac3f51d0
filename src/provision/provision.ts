/** Brings a verified LibTorch into the cache: fetch, check, extract, move into place. */

import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FileRecord, Manifest } from '../binding/cache.js';
import { cacheRoot, cachedSet, manifestName, readManifest } from '../binding/cache.js';
import { torchError } from '../errors.js';
import { currentPlatform } from '../binding/platform.js';
import { extract } from './extract.js';
import { headersFolder, headersRecord, lacksFiles, lacksHeaders, missingWheels } from './inventory.js';
import type { PlatformPin, WheelPin } from './pins.js';
import { pinsFor } from './pins.js';
import { fetchWheel } from './pip.js';
import { findPip } from './python.js';
import type { Report } from './report.js';
import { silent } from './report.js';
import { openStaging, replace } from './staging.js';

export interface ProvisionOptions {
  /** Also the C++ headers, for building the addon. Default false. */
  headers?: boolean;
  /** Default: this machine's. */
  triple?: string;
  /** Default: the pinned wheels of the platform. */
  pin?: PlatformPin;
  report?: Report;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

export interface Provisioned {
  readonly set: string;
  readonly libDir: string;
  readonly includeDir: string | undefined;
  /** The wheels that had to be fetched; empty when all was there. */
  readonly fetched: readonly string[];
}

/**
 * Makes sure that the cache holds the pinned LibTorch, and fetches what is missing. A failed or stopped run leaves
 * nothing behind that looks like a set; runs at the same time do not disturb one another.
 */
export async function provision(options: ProvisionOptions = {}): Promise<Provisioned> {
  const { headers = false, triple = currentPlatform().triple, env = process.env } = options;
  const pin = options.pin ?? pinsFor(triple);
  const set = cachedSet(triple, env);
  const missing = missingWheels(set, pin, headers);
  if (missing.length > 0) await fetchInto(set, triple, pin, missing, options);
  const includeDir = join(set, headersFolder);
  return {
    set,
    libDir: join(set, 'lib'),
    includeDir: readManifest(set)?.headers === undefined ? undefined : includeDir,
    fetched: missing.map((wheel) => wheel.file),
  };
}

async function fetchInto(
  set: string,
  triple: string,
  pin: PlatformPin,
  missing: readonly WheelPin[],
  options: ProvisionOptions,
): Promise<void> {
  const python = findPip(options.env);
  await using staging = await openStaging(cacheRoot(options.env));
  const fresh = join(staging.path, 'set');
  await mkdir(fresh);
  const files = new Map<string, FileRecord>();
  for (const wheel of missing) {
    const wanted = {
      files: lacksFiles(set, wheel),
      headers: options.headers === true && lacksHeaders(set, wheel),
    };
    for (const [name, record] of await takeWheel(wheel, wanted, python, staging.path, fresh, options)) {
      files.set(name, record);
    }
  }
  options.signal?.throwIfAborted();
  await install(fresh, set, staging.path, manifestOf(pin.version, triple, files));
  options.report?.step(`LibTorch ${pin.version} is in ${set}`);
}

async function takeWheel(
  wheel: WheelPin,
  wanted: { files: boolean; headers: boolean },
  python: string,
  staging: string,
  fresh: string,
  options: ProvisionOptions,
): Promise<Map<string, FileRecord>> {
  const { report = silent, env, signal } = options;
  report.step(`Fetching ${wheel.file}`);
  const folder = join(staging, 'wheels');
  const path = await fetchWheel(wheel, folder, { python, progress: report.live, ...(env && { env }), ...(signal && { signal }) });
  const records = await extract(path, fresh, {
    select: selector(wheel, wanted),
    progress: (bytes) => report.bar(`Extracting ${wheel.project}`, bytes),
    ...(signal && { signal }),
  });
  await rm(path);
  const absent = wanted.files ? wheel.files.find(({ to }) => !records.has(to)) : undefined;
  if (absent !== undefined) throw torchError('ERR_INTEGRITY', `${wheel.file} has no ${absent.from}`);
  return records;
}

function selector(wheel: WheelPin, wanted: { files: boolean; headers: boolean }) {
  const files = new Map(wanted.files ? wheel.files.map(({ from, to }) => [from, to]) : []);
  const prefix = wanted.headers && wheel.headers !== undefined ? `${wheel.headers}/` : undefined;
  return (entry: string): string | undefined => {
    if (prefix !== undefined && entry.startsWith(prefix)) return `${headersFolder}/${entry.slice(prefix.length)}`;
    return files.get(entry);
  };
}

function manifestOf(version: string, platform: string, files: ReadonlyMap<string, FileRecord>): Manifest {
  const isHeader = ([name]: [string, FileRecord]): boolean => name.startsWith(`${headersFolder}/`);
  const headers = [...files].filter(isHeader);
  return {
    version,
    platform,
    kind: 'cpu',
    files: Object.fromEntries([...files].filter((file) => !isHeader(file))),
    ...(headers.length > 0 && { headers: headersRecord(new Map(headers)) }),
  };
}

/** A new set is moved in as one folder; parts of an existing one one by one, and the manifest after them. */
async function install(fresh: string, set: string, staging: string, part: Manifest): Promise<void> {
  const known = readManifest(set);
  const manifest: Manifest = { ...known, ...part, files: { ...known?.files, ...part.files } };
  await writeFile(join(fresh, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  if (known === undefined) return moveIn(fresh, set, staging);
  await mkdir(join(set, 'lib'), { recursive: true });
  for (const name of Object.keys(part.files)) await rename(join(fresh, name), join(set, name));
  if (existsSync(join(fresh, headersFolder))) await replace(join(fresh, headersFolder), join(set, headersFolder), staging);
  await rename(join(fresh, manifestName), join(set, manifestName));
}

/** Another run may have finished first: its set is as good and may be in use, so it stays. */
async function moveIn(fresh: string, set: string, staging: string): Promise<void> {
  await rename(fresh, set).catch(async (error: unknown) => {
    const known = readManifest(set);
    const fetched = readManifest(fresh);
    if (known !== undefined && (known.headers !== undefined || fetched?.headers === undefined)) return;
    if (!existsSync(set)) throw error;
    await replace(fresh, set, staging);
  });
}
