/** Reads what the folder of records holds, anew at every call. No lock is needed: what a writer changes it changes by one rename. */

import { constants } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { torchError } from '../errors.js';
import { containedPath } from '../files/contained-path.js';
import { readSmallFile } from '../files/regular-file.js';
import { parseAliases } from './aliases.js';
import { codeOf, folders } from './folders.js';
import { compareVersions, isModelName, isVersion } from './names.js';
import { parseQuarantine, quarantineFile, type QuarantineEntry } from './quarantine.js';
import type { ModelRecord } from './schema.js';
import { isStorageFault, storageError } from './store/storage-error.js';

export const maxRecordBytes = 4 * 2 ** 20;
const maxAliasesBytes = 2 ** 20;
/** A real path has no links: what is one now was put there after it was looked at. */
const noLink = constants.O_NOFOLLOW ?? 0;

/** Names of the models, of which some may have no version. @throws ERR_STORAGE when the folder cannot be read any more */
export async function namesIn(registryDir: string): Promise<string[]> {
  try {
    return (await folders(registryDir)).filter(isModelName).sort();
  } catch (error) {
    throw storageError(error, `read the registry ${registryDir}`);
  }
}

/** Versions of a model, ascending; none when it is not there. @throws ERR_STORAGE when the registry is gone, ERR_INTEGRITY */
export async function versionsIn(registryDir: string, name: string): Promise<string[]> {
  try {
    return (await folders(await containedPath(registryDir, name))).filter(isVersion).sort(compareVersions);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw storageError(error, `read ${name} in ${registryDir}`);
    // A model that is not there is one thing, a registry that was removed is another.
    await readdir(registryDir).catch((gone: unknown) => {
      throw storageError(gone, `read the registry ${registryDir}`);
    });
    return [];
  }
}

/** The record of a version that is there. @throws ERR_MANIFEST, ERR_INTEGRITY (a link out of the registry), ERR_STORAGE */
export async function recordIn(registryDir: string, name: string, version: string): Promise<ModelRecord> {
  const where = `${name} ${version}`;
  try {
    const path = await containedPath(registryDir, name, version, 'metadata.json');
    const text = await readSmallFile(path, `the record of ${where}`, maxRecordBytes, noLink);
    // The schema's libraries take a quarter of a second to load, and a program that only loads models needs none of it.
    const { parseRecord } = await import('./manifest.js');
    return parseRecord(text, where, { name, version });
  } catch (error) {
    throw unreadable(error, 'ERR_MANIFEST', `metadata.json of ${where}`);
  }
}

/** The aliases of a model, by name; none when it has no file of them. @throws ERR_MANIFEST, ERR_INTEGRITY, ERR_STORAGE */
export async function aliasesIn(registryDir: string, name: string): Promise<Map<string, string>> {
  const what = `aliases.json of ${name}`;
  try {
    const path = await containedPath(registryDir, name, 'aliases.json');
    return parseAliases(await readSmallFile(path, what, maxAliasesBytes, noLink), what);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return new Map();
    throw unreadable(error, 'ERR_MANIFEST', what);
  }
}

/** Versions of a model whose loads have failed; none when it has no file of them. @throws ERR_INTEGRITY, ERR_STORAGE */
export async function quarantineIn(registryDir: string, name: string): Promise<QuarantineEntry[]> {
  const what = `${quarantineFile} of ${name}`;
  try {
    const path = await containedPath(registryDir, name, quarantineFile);
    return parseQuarantine(await readSmallFile(path, what, maxAliasesBytes, noLink));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return [];
    throw unreadable(error, 'ERR_MANIFEST', what);
  }
}

/** The error of a file that cannot be read. Our own errors say it already. */
export function unreadable(error: unknown, code: 'ERR_MANIFEST' | 'ERR_INTEGRITY', what: string): unknown {
  const system = codeOf(error);
  if (system.startsWith('ERR_')) return error;
  // These say nothing about the file.
  if (isStorageFault(system)) return storageError(error, `read ${what}`);
  return torchError(code, `Expected ${what} to be readable (${system})`, { cause: error });
}
