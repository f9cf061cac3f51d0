/** The writing half of a registry, loaded when something is written. Each change is seen whole or not at all, also after a crash and on a disk that fails. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expected, torchError } from '../../errors.js';
import { aliasesText, aliasNames, mostAliases } from '../aliases.js';
import { checkAlias, checkName, checkVersion } from '../names.js';
import { aliasesIn, versionsIn } from '../read.js';
import { Change } from './change.js';
import { checkStaged, commit, type Committed, type VersionFiles } from './commit.js';
import { realDisk, type Disk } from './disk.js';
import { withLock, type LockLimits } from './lock.js';
import { makeStaging, placesOf, stagedName, type Folders, type Places, type Version } from './places.js';
import { editQuarantine, type QuarantineEdit } from './quarantine.js';
import { forgetRemoval, ignoring, recover } from './recover.js';
import { replaceFile } from './replace.js';
import { OpenStaging, sweep, type Staging } from './staging.js';
import { isUnsettled, planted, storageError } from './storage-error.js';

/** Files of a version that may be written again. */
const replaceable = ['model.sig', 'MODEL_CARD.md'] as const;
type ReplaceableFile = (typeof replaceable)[number];

export class Store {
  readonly #folders: Folders;
  readonly #places: Places;
  readonly #disk: Disk;

  /** @param disk what makes the calls of the system; a test's lets some of them fail */
  constructor({ registryDir, modelsDir }: Folders, disk: Disk = realDisk) {
    this.#folders = { registryDir, modelsDir };
    this.#places = placesOf(this.#folders);
    this.#disk = disk;
  }

  /**
   * Begins a version: files are taken in, and nobody sees them. Its lock tells a living staging from one that a crash left.
   * @throws ERR_REGISTRY_LOCKED, ERR_STORAGE, ERR_STORAGE_FULL, ERR_INTEGRITY for what is planted, `signal.reason`
   */
  stage(limits: LockLimits = {}): Promise<Staging> {
    return this.#write(limits, () => OpenStaging.create(this.#disk, this.#places));
  }

  /**
   * Makes a staged version one of the registry.
   * @returns `added: false` when it is there already with the same files; nothing was changed then, unless `repaired` says that
   * files of it were put back which had been deleted or damaged
   * @throws ERR_VERSION_EXISTS, ERR_MANIFEST, and as `stage`; the staging is as it was then, and may be tried again
   */
  async commit(staging: Staging, files: VersionFiles, limits: LockLimits = {}): Promise<Committed> {
    if (!(staging instanceof OpenStaging) || !staging.isOpen) {
      throw expected('a staging of Store.stage that is open', 'commit', staging);
    }
    checkStaged(staging, files);
    const committed = await this.#write(limits, async () => {
      try {
        return await commit(this.#disk, this.#folders, staging, files);
      } catch (error) {
        if (isUnsettled(error)) staging.leave();
        throw error;
      }
    });
    await staging.discard();
    return committed;
  }

  /**
   * Removes a version: its record first, which is the moment, then its artifact.
   * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_VERSION_IN_USE while an alias points to it, and as `stage`
   */
  async remove(name: string, version: string, limits: LockLimits = {}): Promise<void> {
    checkName(name);
    checkVersion(version);
    await this.#write(limits, async () => {
      const record = await this.#modelFolder(name, version);
      const aliases = aliasNames(await aliasesIn(this.#folders.registryDir, name), version);
      if (aliases.length > 0) throw inUse(name, version, aliases);
      const artifacts = join(this.#folders.modelsDir, name);
      const kind = await this.#disk.kind(artifacts);
      if (kind !== 'folder' && kind !== 'none') throw planted(artifacts, 'a folder');
      const id = randomUUID();
      const staged = `${id}~${stagedName({ name, version })}`;
      await Change.of(this.#disk, async (change) => {
        await change.move(join(record, version), this.#places.records, staged);
        await this.#disk.syncFolder(record);
        if ((await this.#disk.kind(join(artifacts, version))) === 'none') return;
        await change.move(join(artifacts, version), this.#places.artifacts, id);
        await this.#disk.syncFolder(artifacts);
      });
      await ignoring(this.#sweepRemoved(id, { name, version }));
    });
  }

  async #sweepRemoved(id: string, of: Version): Promise<void> {
    await forgetRemoval(this.#disk, this.#folders, this.#places, id, of);
    await sweep(this.#disk, this.#places, id);
  }

  /**
   * Lets an alias point to a version; `undefined` removes the alias. A version may have several.
   * @throws ERR_INVALID_ARGUMENT for a name that looks like a version, and for more aliases than a model may have,
   * ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND (also for an alias to remove that is not there), ERR_MANIFEST for aliases that cannot be read, and as `stage`
   */
  async setAlias(name: string, alias: string, version: string | undefined, limits: LockLimits = {}): Promise<void> {
    checkName(name);
    checkAlias(alias);
    if (version !== undefined) checkVersion(version);
    await this.#write(limits, async () => {
      const folder = await this.#modelFolder(name, version);
      const aliases = await aliasesIn(this.#folders.registryDir, name);
      if (version !== undefined && aliases.get(alias) === version) return;
      if (version !== undefined) aliases.set(alias, version);
      else if (!aliases.delete(alias)) throw noSuchAlias(name, alias, aliases);
      if (aliases.size > mostAliases) throw tooMany(name);
      // Without aliases it is as a model is that never had one.
      const text = aliases.size === 0 ? undefined : aliasesText(aliases);
      await replaceFile(this.#disk, this.#places, folder, 'aliases.json', text);
    });
  }

  /**
   * Writes the signature or the card of a version anew.
   * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, and as `stage`
   */
  async replaceFile(
    name: string,
    version: string,
    file: ReplaceableFile,
    content: string | Uint8Array,
    limits: LockLimits = {},
  ): Promise<void> {
    checkName(name);
    checkVersion(version);
    if (!replaceable.includes(file)) throw expected(`one of ${replaceable.join(', ')}`, 'the file to replace', file);
    await this.#write(limits, async () => {
      const folder = await this.#modelFolder(name, version);
      await replaceFile(this.#disk, this.#places, join(folder, version), file, content);
    });
  }

  /**
   * Writes anew which versions of a model are in quarantine.
   * @throws ERR_MODEL_NOT_FOUND, and as `stage`
   */
  async editQuarantine(name: string, edit: QuarantineEdit, limits: LockLimits = {}): Promise<void> {
    checkName(name);
    await this.#write(limits, async () => {
      await this.#modelFolder(name);
      await editQuarantine(this.#disk, this.#folders, this.#places, name, edit);
    });
  }

  /** One writer at a time, and each begins by ending what a crash cut off. */
  async #write<T>(limits: LockLimits, work: () => Promise<T>): Promise<T> {
    const { registryDir, modelsDir } = this.#folders;
    try {
      return await withLock(this.#places.lock, limits, async () => {
        await makeStaging(this.#disk, this.#places);
        await recover(this.#disk, this.#folders, this.#places);
        return await work();
      });
    } catch (error) {
      throw storageError(error, `write to the registry (${registryDir}, ${modelsDir})`, true);
    }
  }

  /**
   * The folder of a model's records. Nothing is written through a link.
   * @param version that has to be there
   * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_INTEGRITY for what is no folder
   */
  async #modelFolder(name: string, version?: string): Promise<string> {
    const { registryDir } = this.#folders;
    const path = join(registryDir, name);
    const kind = await this.#disk.kind(path);
    if (kind !== 'folder' && kind !== 'none') throw planted(path, 'a folder');
    const versions = await versionsIn(registryDir, name);
    if (versions.length === 0) throw noSuchModel(name);
    if (version === undefined || versions.includes(version)) return path;
    throw torchError(
      'ERR_VERSION_NOT_FOUND',
      `Expected one of ${versions.join(', ')} of ${name} but received ${version}`,
    );
  }
}

const noSuchModel = (name: string) =>
  torchError('ERR_MODEL_NOT_FOUND', `Expected a model of the registry but received "${name}"`);

const inUse = (name: string, version: string, aliases: readonly string[]) =>
  torchError(
    'ERR_VERSION_IN_USE',
    `Expected a version that no alias points to, but ${name} ${version} is ${aliases.join(', ')}\n` +
      '  fix: let the aliases point to another version first, or remove them',
  );

const tooMany = (name: string) =>
  torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected at most ${mostAliases} aliases of ${name}, and it has as many\n  fix: remove one that nobody uses first`,
  );

const noSuchAlias = (name: string, alias: string, aliases: ReadonlyMap<string, string>) =>
  torchError(
    'ERR_VERSION_NOT_FOUND',
    `Expected an alias of ${name} but received ${alias}; ${aliases.size === 0 ? 'it has none' : `there are ${aliasNames(aliases).join(', ')}`}`,
  );
