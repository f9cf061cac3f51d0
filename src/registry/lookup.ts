/** Which record a name and a reference mean, and what to say where they mean none. */

import { describe, torchError, type TorchError } from '../errors.js';
import { aliasNames } from './aliases.js';
import { codeOf } from './folders.js';
import { checkName, checkReference, checkVersion, defaultVersion, isDigest, isVersion } from './names.js';
import { aliasesIn, recordIn, versionsIn } from './read.js';
import type { ModelRecord } from './model-record.js';

/** As ModelRegistry.versions. */
export async function versionsOf(registryDir: string, name: string): Promise<string[]> {
  checkName(name);
  const versions = await versionsIn(registryDir, name);
  if (versions.length > 0) return versions;
  throw torchError('ERR_MODEL_NOT_FOUND', `Expected a model of the registry but received ${describe(name)}`);
}

/** As ModelRegistry.record. */
export async function recordOf(registryDir: string, name: string, version: string): Promise<ModelRecord> {
  checkVersion(version);
  const versions = await versionsOf(registryDir, name);
  if (!versions.includes(version)) throw await noSuchVersion(registryDir, name, versions, describe(version));
  try {
    return await recordIn(registryDir, name, version);
  } catch (error) {
    // A writer may have removed it since.
    if ((await versionsOf(registryDir, name)).includes(version)) throw error;
    throw await noSuchVersion(registryDir, name, versions, `${describe(version)}, which was removed just now`);
  }
}

/** As ModelRegistry.resolve. */
export async function resolveReference(registryDir: string, name: string, reference?: string): Promise<ModelRecord> {
  if (reference !== undefined) {
    checkReference(reference);
    if (isVersion(reference)) return await recordOf(registryDir, name, reference);
    return await (isDigest(reference) ? ofDigest : ofAlias)(registryDir, name, reference);
  }
  const versions = await versionsOf(registryDir, name);
  const chosen = defaultVersion(versions);
  if (chosen === undefined) throw await noSuchVersion(registryDir, name, versions, 'none, which means v1.0');
  return await recordOf(registryDir, name, chosen);
}

/** The versions of a model with an artifact of this digest. Those whose record cannot be read are left out. */
export async function withDigest(
  registryDir: string,
  name: string,
  versions: readonly string[],
  digest: string,
): Promise<ModelRecord[]> {
  const found: ModelRecord[] = [];
  for (const version of versions) {
    const record = await recordIn(registryDir, name, version).catch((error: unknown) => {
      if (codeOf(error) === 'ERR_STORAGE') throw error; // says nothing about the record
      return undefined;
    });
    if (record && `sha256:${record.artifact.sha256}` === digest) found.push(record);
  }
  return found;
}

async function ofAlias(registryDir: string, name: string, alias: string): Promise<ModelRecord> {
  // A writer may move the alias and remove its old version between any two reads.
  for (let attempt = 0; ; attempt++) {
    const versions = await versionsOf(registryDir, name);
    const aliases = await aliasesIn(registryDir, name).catch(async (error: unknown) => {
      await versionsOf(registryDir, name);
      throw error;
    });
    const version = aliases.get(alias);
    if (version === undefined) throw await noSuchVersion(registryDir, name, versions, `the alias ${alias}`);
    if (versions.includes(version)) {
      try {
        return await recordOf(registryDir, name, version);
      } catch (error) {
        if (attempt === 2 || codeOf(error) !== 'ERR_VERSION_NOT_FOUND') throw error;
      }
    }
    if (attempt < 2) continue;
    throw await noSuchVersion(registryDir, name, versions, `the alias ${alias}, which names ${version}`);
  }
}

async function ofDigest(registryDir: string, name: string, digest: string): Promise<ModelRecord> {
  const versions = await versionsOf(registryDir, name);
  const record = (await withDigest(registryDir, name, versions, digest)).at(-1);
  if (record) return record;
  throw await noSuchVersion(registryDir, name, versions, `${digest}, which is the artifact of none`);
}

async function noSuchVersion(
  registryDir: string,
  name: string,
  versions: readonly string[],
  received: string,
): Promise<TorchError> {
  // The error is about the version: aliases that cannot be read do not hide it.
  const aliases = await aliasesIn(registryDir, name).catch(() => new Map<string, string>());
  const known = aliases.size === 0 ? versions : [...versions, ...aliasNames(aliases)];
  return torchError('ERR_VERSION_NOT_FOUND', `Expected one of ${known.join(', ')} of ${name} but received ${received}`);
}
