/** The entries of the setting `models`: what no schema says of them, and the one form that they have afterwards. */
import { resolve } from 'node:path';
import { describe, torchError, type TorchError } from '../../errors.js';
import { foldReference, isModelName, isReference } from '../../registry/names.js';
import { isServedName } from '../../serving/names.js';

/** The names in words. */
export const servedNames = '1 to 128 letters, digits, . _ or - without two dots in a row';

/** What a version of the registry may be called, in words. */
export const referenceWords = 'a version such as v1.0, an alias such as champion or sha256:<64 hex digits>';

/** One model of the list: a file, or a name in the registry; the rest are settings that it has a value of its own for. */
export interface ModelEntry {
  /** What it is called in URLs; in the registry where there is no file. */
  readonly name?: string;
  /** Path of a model file. */
  readonly file?: string;
  /** Of a file. Default: 1. */
  readonly version?: string;
  /** Versions in the registry, aliases or digests; the first is the default. */
  readonly versions?: readonly string[];
  /** What each alias means, where that was read already. No setting. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** A value of a setting by the setting's name. */
  readonly [setting: string]: unknown;
}

/** Entries as they are written: their form has been checked. */
export type Models = readonly ModelEntry[] | Readonly<Record<string, ModelEntry>>;

/**
 * The models as a list, with names, lists of versions and whole paths.
 * @param paths the settings that are paths
 * @param from the folder that paths are relative to
 * @throws ERR_CONFIG naming the entry
 */
export function entriesOf(
  setting: string,
  given: Models,
  paths: readonly string[],
  from: string,
): readonly ModelEntry[] {
  return Object.entries(given as Readonly<Record<string, ModelEntry>>).map(([key, entry]) => {
    const at = placeOf(setting, given, key);
    const { name: _name, version: _version, versions: _versions, ...options } = entry;
    const identity = identityOf(at, entry, Array.isArray(given) ? undefined : key);
    return { ...identity, ...options, ...pathsFrom(from, entry, ['file', ...paths]) };
  });
}

/** `models[0]` of a list, `models.digits` of a map. */
export function placeOf(setting: string, given: Models, key: string): string {
  return Array.isArray(given) ? `${setting}[${key}]` : `${setting}.${key}`;
}

function identityOf(
  at: string,
  { name: own, file, version, versions }: ModelEntry,
  key: string | undefined,
): Pick<ModelEntry, 'name' | 'version' | 'versions'> {
  if (key !== undefined && own !== undefined && own !== key) {
    throw fault(`no name but the key of ${at}`, describe(own));
  }
  const name = key ?? own;
  if (name === undefined && file === undefined) throw fault(`a file or a name in ${at}`, 'neither');
  if (name !== undefined && !isServedName(name)) throw fault(`${servedNames} for the name of ${at}`, describe(name));
  if (version !== undefined && versions !== undefined) throw fault(`version or versions in ${at}`, 'both');
  const named = name !== undefined && { name };
  if (file !== undefined) {
    if (versions) throw fault(`one version of the file of ${at}`, 'versions');
    if (version !== undefined && !isServedName(version))
      throw fault(`${servedNames} for the version of ${at}`, describe(version));
    return { ...named, ...(version !== undefined && { version }) };
  }
  const chosen = (version === undefined ? versions : [version])?.map(foldReference);
  checkRegistered(at, name, chosen);
  return { ...named, ...(chosen && { versions: chosen }) };
}

/** @throws ERR_CONFIG unless a model of the registry may be called so */
export function checkRegistered(at: string, name: unknown, versions: readonly string[] = []): void {
  if (!isModelName(name)) {
    const words = '1 to 64 lower-case letters, digits, . _ or -';
    throw fault(`a file, or a name as in the registry (${words}), in ${at}`, `the name ${describe(name)} alone`);
  }
  const bad = versions.find((one): boolean => !isReference(one));
  if (bad !== undefined) throw fault(`${referenceWords} in ${at}`, describe(bad));
  const twice = versions.find((one, i) => versions.indexOf(one) !== i);
  if (twice !== undefined) throw fault(`each version once in ${at}`, `${describe(twice)} twice`);
}

function pathsFrom(from: string, entry: ModelEntry, paths: readonly string[]): Partial<ModelEntry> {
  const given = paths.filter((path) => entry[path] !== undefined);
  return Object.fromEntries(given.map((path) => [path, pathFrom(from, entry[path] as string | readonly string[])]));
}

/** A path, or each of a list, as seen from a folder. */
export const pathFrom = (from: string, value: string | readonly string[]): string | readonly string[] =>
  typeof value === 'string' ? resolve(from, value) : value.map((path) => resolve(from, path));

function fault(wanted: string, got: string): TorchError {
  return torchError('ERR_CONFIG', `Expected ${wanted} but received ${got}`);
}
