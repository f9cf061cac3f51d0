/** What of a set is there: by sizes (fast, at every start) or by sha256 (on request). */

import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileRecord, Manifest } from '../find/cache.js';
import { readManifest } from '../find/cache.js';
import { sha256File } from '../../files/hash.js';
import type { PlatformPin } from './pins.js';
import type { WheelPin } from './wheel-pin.js';

export const headersFolder = 'include';

/** The wheels that still have to be fetched for a set to be complete, by what its manifest says and by sizes. */
export function missingWheels(
  set: string,
  pin: PlatformPin,
  headers: boolean,
  manifest = readManifest(set),
): WheelPin[] {
  return pin.wheels.filter(
    (wheel) => lacksFiles(set, wheel, manifest) || (headers && lacksHeaders(set, wheel, manifest)),
  );
}

/** Whether a file of the wheel is not in the set, or not at its recorded size. */
export function lacksFiles(set: string, wheel: WheelPin, manifest = readManifest(set)): boolean {
  return wheel.files.some(({ to }) => {
    const record = manifest?.files[to];
    return record === undefined || sizeOf(join(set, to)) !== record.bytes;
  });
}

/** Whether the wheel has headers that the set has not. They are moved in as one folder, so its presence is enough. */
export function lacksHeaders(set: string, wheel: WheelPin, manifest = readManifest(set)): boolean {
  if (wheel.headers === undefined) return false;
  return manifest?.headers === undefined || sizeOf(join(set, headersFolder)) === undefined;
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/** The one record of all headers: sha256 over the sorted lines `<sha256>  <name>`, as sha256sum prints them. */
export function headersRecord(files: ReadonlyMap<string, FileRecord>): NonNullable<Manifest['headers']> {
  const lines = [...files].map(([name, { sha256 }]) => `${sha256}  ${name}\n`);
  const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0);
  return { count: files.size, bytes, sha256: createHash('sha256').update(lines.sort().join('')).digest('hex') };
}

/** The libraries of a set whose bytes are not the recorded ones, by name; those that are gone too. */
export async function faultyFiles(set: string, signal?: AbortSignal): Promise<string[]> {
  const faulty: string[] = [];
  for (const [name, { sha256 }] of Object.entries(readManifest(set)?.files ?? {})) {
    const found = await sha256File(join(set, name), signal).catch(() => undefined);
    signal?.throwIfAborted();
    if (found !== sha256) faulty.push(name);
  }
  return faulty;
}

/** Hashes a whole set again and lists every fault; empty when all is as recorded. */
export async function verifySet(set: string): Promise<string[]> {
  const manifest = readManifest(set);
  if (manifest === undefined) return [`${set}: no readable libtorch.json`];
  const faults: string[] = [];
  for (const [name, record] of Object.entries(manifest.files)) {
    const found = await sha256File(join(set, name)).catch(() => undefined);
    if (found === undefined) faults.push(`${name}: missing`);
    else if (found !== record.sha256) faults.push(`${name}: expected sha256 ${record.sha256} but received ${found}`);
  }
  if (manifest.headers !== undefined) {
    const found = headersRecord(await hashTree(join(set, headersFolder)));
    if (found.sha256 !== manifest.headers.sha256) {
      faults.push(
        `${headersFolder}/: expected ${manifest.headers.count} headers as fetched but received ${found.count}`,
      );
    }
  }
  return faults;
}

async function hashTree(root: string): Promise<Map<string, FileRecord>> {
  const files = new Map<string, FileRecord>();
  if (sizeOf(root) === undefined) return files;
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = `${headersFolder}/${path.slice(root.length + 1).replaceAll('\\', '/')}`;
    files.set(name, { bytes: sizeOf(path) ?? 0, sha256: await sha256File(path) });
  }
  return files;
}
