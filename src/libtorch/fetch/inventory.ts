/** Which files of a set are there: by size (fast) or by sha256 (on request). */

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../find/cache.js';
import { readManifest } from '../find/cache.js';
import { digestFile, type FileDigest } from '../../files/hash.js';
import type { PlatformPin } from './pins.js';
import type { WheelPin } from './wheel-pin.js';

export const headersFolder = 'include';
export const licencesFolder = 'licenses';

/** What a caller needs of a set beside its libraries. */
export interface Extras {
  /** The C++ headers. */
  readonly headers?: boolean;
  /** The licences that the wheels carry. */
  readonly licences?: boolean;
}

/** The wheels that a set still needs, by its manifest and by the sizes of its files. */
export function missingWheels(
  set: string,
  pin: PlatformPin,
  { headers = false, licences = false }: Extras = {},
  manifest = readManifest(set),
): WheelPin[] {
  return pin.wheels.filter(
    (wheel) =>
      lacksFiles(set, wheel, manifest) ||
      (headers && lacksHeaders(set, wheel, manifest)) ||
      (licences && lacksLicences(set, wheel)),
  );
}

/** Whether a file of the wheel is not in the set, or not at its recorded size. */
export function lacksFiles(set: string, wheel: WheelPin, manifest = readManifest(set)): boolean {
  return wheel.files.some(({ to }) => {
    const record = manifest?.files[to];
    return record === undefined || sizeOnDisk(join(set, to)) !== record.bytes;
  });
}

/** Whether the wheel has headers that the set lacks. They are moved in as one folder, so checking that it exists is enough. */
export function lacksHeaders(set: string, wheel: WheelPin, manifest = readManifest(set)): boolean {
  if (wheel.headers === undefined) return false;
  return manifest?.headers === undefined || sizeOnDisk(join(set, headersFolder)) === undefined;
}

/** Whether the licences of a wheel are missing. They are taken with everything that is taken from it, and moved in as one folder. */
export function lacksLicences(set: string, wheel: WheelPin): boolean {
  return sizeOnDisk(join(set, licencesFolder, wheel.project)) === undefined;
}

function sizeOnDisk(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/** The one record of all headers: sha256 over the sorted lines `<sha256>  <name>`, as sha256sum prints them. */
export function headersRecord(files: ReadonlyMap<string, FileDigest>): NonNullable<Manifest['headers']> {
  const lines = [...files].map(([name, { sha256 }]) => `${sha256}  ${name}\n`);
  const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0);
  return { count: files.size, bytes, sha256: createHash('sha256').update(lines.sort().join('')).digest('hex') };
}

/** The names of the libraries of a set that are missing or do not have the recorded sha256. */
export async function faultyFiles(set: string, signal?: AbortSignal): Promise<string[]> {
  const faulty: string[] = [];
  for (const [name, { sha256 }] of Object.entries(readManifest(set)?.files ?? {})) {
    const found = await digestFile(join(set, name), name, signal).catch(() => undefined);
    signal?.throwIfAborted();
    if (found?.sha256 !== sha256) faulty.push(name);
  }
  return faulty;
}
