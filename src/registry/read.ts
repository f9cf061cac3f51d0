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
import type { ModelRecord } from './model-record.js';
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
    if (!isMissing(error)) throw storageError(error, `read ${name} in ${registryDir}`);
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
    // A program that only loads models needs none of it.
    const { parseRecord } = await import('./manifest.js');
    return parseRecord(text, where, { name, version });
  } catch (error) {
    throw unreadable(error, 'ERR_MANIFEST', `metadata.json of ${where}`);
  }
}

/** The aliases of a model, by name; none when it has no file of them. @throws ERR_MANIFEST, ERR_INTEGRITY, ERR_STORAGE */
export async function aliasesIn(registryDir: string, name: string): Promise<Map<string, string>> {
  const text = await textBeside(registryDir, name, 'aliases.json');
  return text === undefined ? new Map() : parseAliases(text, `aliases.json of ${name}`);
}

/** Versions of a model whose loads have failed; none when it has no file of them. @throws ERR_INTEGRITY, ERR_STORAGE */
export async function quarantineIn(registryDir: string, name: string): Promise<QuarantineEntry[]> {
  const text = await textBeside(registryDir, name, quarantineFile);
  return text === undefined ? [] : parseQuarantine(text);
}

/** A file beside the versions of a model; undefined where the model's folder is there and has none. */
async function textBeside(registryDir: string, name: string, file: string): Promise<string | undefined> {
  const what = `${file} of ${name}`;
  for (let attempt = 0; ; attempt++) {
    try {
      const path = await containedPath(registryDir, name, file);
      return await readSmallFile(path, what, maxAliasesBytes, noLink);
    } catch (error) {
      if (!isMissing(error)) throw unreadable(error, 'ERR_MANIFEST', what);
      // A folder that is gone for a moment says nothing of its files.
      if (!(await namesBeside(registryDir, name)).includes(file)) return undefined;
      if (attempt === 2) throw storageError(error, `read ${what}`);
    }
  }
}

async function namesBeside(registryDir: string, name: string): Promise<string[]> {
  try {
    return await readdir(await containedPath(registryDir, name));
  } catch (error) {
    throw storageError(error, `read ${name} in ${registryDir}`);
  }
}

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

/** The error of a file that cannot be read. Our own errors say it already. */
export function unreadable(error: unknown, code: 'ERR_MANIFEST' | 'ERR_INTEGRITY', what: string): unknown {
  const system = codeOf(error);
  if (system.startsWith('ERR_')) return error;
  // These say nothing about the file.
  if (isStorageFault(system)) return storageError(error, `read ${what}`);
  return torchError(code, `Expected ${what} to be readable (${system})`, { cause: error });
}
