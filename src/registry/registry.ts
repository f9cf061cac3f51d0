import { join } from 'node:path';
import * as check from '../check.js';
import { describe, torchError } from '../errors.js';
import { containedPath } from '../files/contained-path.js';
import { digestFile, type FileDigest } from '../files/hash.js';
import { bundledModelsDir, bundledRegistryDir, existingFolder, isInstalled, makeFolders } from './folders.js';
import { recordOf, resolveReference, versionsOf, withDigest } from './lookup.js';
import { checkName, checkVersion, isDigest, isFileName } from './names.js';
import { withFailure, type QuarantineEntry } from './quarantine.js';
import { aliasesIn, namesIn, quarantineIn, unreadable, versionsIn } from './read.js';
import type { ModelRecord } from './model-record.js';
import type { Added } from './add.js';
import type { AddOptions } from './record/options.js';
import type { SignVersionOptions, VerifiedVersion, VerifyVersionOptions } from './signing/version-options.js';
import type { TrustOptions } from './signing/trust.js';
import type { LockLimits } from './store/lock.js';
import type { Store } from './store/store.js';

export interface RegistryOptions {
  /** Folder of records, `<name>/<version>/metadata.json`. Default: the registry bundled with this package. */
  registryDir?: string;
  /** Folder of artifacts, `<name>/<version>/<file>`. Default: the models bundled with this package. */
  modelsDir?: string;
  /** Makes the two folders where there are none, for a registry that is about to be written. Default: false. */
  create?: boolean;
}

export interface RegistryEntry {
  readonly name: string;
  /** Ascending. */
  readonly versions: readonly string[];
}

/** Who has it may make a registry: JavaScript knows no private constructor. */
const inOpen = Symbol('ModelRegistry.open');

/**
 * The models that are known here, and what is known of them. It reads anew at every call, so that it shows what is on the
 * disk. Reading takes no lock and works on a read-only file system; writers wait for each other.
 */
export class ModelRegistry {
  readonly registryDir: string;
  readonly modelsDir: string;
  /** Whether a folder of an installed package would be written to: an update of the package replaces it. */
  readonly #isInstalled: boolean;

  private constructor(registryDir: string, modelsDir: string, isInstalled: boolean, opened?: typeof inOpen) {
    if (opened !== inOpen) {
      throw torchError(
        'ERR_INVALID_ARGUMENT',
        'Expected await ModelRegistry.open({ registryDir, modelsDir }), which looks at the folders, but received new ModelRegistry()',
      );
    }
    this.registryDir = registryDir;
    this.modelsDir = modelsDir;
    this.#isInstalled = isInstalled;
  }

  /** @throws ERR_CONFIG when a folder does not exist or cannot be read, ERR_INVALID_ARGUMENT for an option that is no path */
  static async open(options: RegistryOptions = {}): Promise<ModelRegistry> {
    check.options('ModelRegistry', options, ['registryDir', 'modelsDir', 'create']);
    const { registryDir = bundledRegistryDir(), modelsDir = bundledModelsDir(), create = false } = options;
    check.text('registryDir', registryDir, 'a path');
    check.text('modelsDir', modelsDir, 'a path');
    check.boolean('create', create);
    if (create) await makeFolders(registryDir, modelsDir);
    const folders = [
      await existingFolder(registryDir, 'registryDir'),
      await existingFolder(modelsDir, 'modelsDir'),
    ] as const;
    return new ModelRegistry(...folders, await isInstalled(folders), inOpen);
  }

  /** Every model that has a version, by name. Records are not read, so broken ones are listed too. */
  async list(): Promise<RegistryEntry[]> {
    const names = await namesIn(this.registryDir);
    const entries = await Promise.all(
      names.map(async (name) => ({ name, versions: await versionsIn(this.registryDir, name) })),
    );
    return entries.filter(({ versions }) => versions.length > 0);
  }

  /** Versions of a model, ascending. @throws ERR_MODEL_NOT_FOUND when there is none, ERR_INVALID_ARGUMENT */
  async versions(name: string): Promise<string[]> {
    return await versionsOf(this.registryDir, name);
  }

  /**
   * The record of one version, checked.
   * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_MANIFEST, ERR_INTEGRITY (a link out of the registry), ERR_INVALID_ARGUMENT
   */
  async record(name: string, version: string): Promise<ModelRecord> {
    return await recordOf(this.registryDir, name, version);
  }

  /**
   * The record of the version that a reference names: a version, an alias, or `sha256:` with the digest of an artifact. When
   * several versions have that artifact it is the last one. Without a reference it is the only version, or v1.0.
   * @throws as `record`; ERR_VERSION_NOT_FOUND also when several versions are there and none of them is v1.0, for an alias
   * that is not there or names no version that is; ERR_MANIFEST for aliases that cannot be read
   */
  async resolve(name: string, reference?: string): Promise<ModelRecord> {
    return await resolveReference(this.registryDir, name, reference);
  }

  /**
   * What the versions of a model are called: alias → version. It is what its aliases.json says, whether the versions are there
   * or not; empty where there is none.
   * @throws ERR_MANIFEST for a file that cannot be read, ERR_MODEL_NOT_FOUND, ERR_INTEGRITY (a link out of the registry),
   * ERR_STORAGE
   * @example (await registry.aliases('mnist-mlp')).get('champion') // 'v1.0'
   */
  async aliases(name: string): Promise<ReadonlyMap<string, string>> {
    await this.versions(name);
    try {
      return await aliasesIn(this.registryDir, name);
    } catch (error) {
      // A writer may have removed the model since.
      await this.versions(name);
      throw error;
    }
  }

  /**
   * Every version with an artifact of this digest, by name and version. Versions whose record cannot be read are left out.
   * @param sha256 64 hex digits, with or without `sha256:`
   */
  async find(sha256: string): Promise<ModelRecord[]> {
    const digest = typeof sha256 === 'string' && !sha256.startsWith('sha256:') ? `sha256:${sha256}` : sha256;
    if (!isDigest(digest)) {
      throw torchError('ERR_INVALID_ARGUMENT', `Expected a sha256 of 64 hex digits but received ${describe(sha256)}`);
    }
    const found: ModelRecord[] = [];
    for (const { name, versions } of await this.list())
      found.push(...(await withDigest(this.registryDir, name, versions, digest)));
    return found;
  }

  /**
   * Where a record's artifact lies. Its content is not looked at: whoever loads it passes the record's sha256 along, so
   * that the bytes that are hashed are the bytes that are loaded.
   * @throws ERR_INTEGRITY when it is missing or links out of the models' folder, ERR_INVALID_ARGUMENT for unsafe names
   */
  async artifactPath({ name, version, artifact }: Pick<ModelRecord, 'name' | 'version' | 'artifact'>): Promise<string> {
    checkName(name);
    checkVersion(version);
    if (!isFileName(artifact.file)) {
      throw torchError('ERR_INVALID_ARGUMENT', `Expected a plain file name but received ${describe(artifact.file)}`);
    }
    try {
      return await containedPath(this.modelsDir, name, version, artifact.file);
    } catch (error) {
      throw unreadable(error, 'ERR_INTEGRITY', `artifact ${artifact.file} of ${name} ${version}`);
    }
  }

  /** The folder of a version's artifact and its sidecars. @throws ERR_INTEGRITY when it is missing or links out of the models' folder */
  async artifactFolder({ name, version }: Pick<ModelRecord, 'name' | 'version'>): Promise<string> {
    checkName(name);
    checkVersion(version);
    try {
      return await containedPath(this.modelsDir, name, version);
    } catch (error) {
      throw unreadable(error, 'ERR_INTEGRITY', `the artifact's folder of ${name} ${version}`);
    }
  }

  /** Where the card of a version lies, whether there is one or not. */
  cardPath(name: string, version: string): string {
    return this.#beside(name, version, 'MODEL_CARD.md');
  }

  /** Where the signature of a version lies, whether there is one or not. */
  signaturePath(name: string, version: string): string {
    return this.#beside(name, version, 'model.sig');
  }

  /**
   * Hashes the artifact and its sidecars again.
   * @returns the digest of the artifact
   * @throws ERR_INTEGRITY when one is missing or not what the record says; as `record`; `signal.reason`
   */
  async verify(name: string, version: string, { signal }: { signal?: AbortSignal } = {}): Promise<FileDigest> {
    const record = await this.record(name, version);
    const { artifact } = record;
    const path = await this.artifactPath(record);
    const digest = await this.#verifyFile(path, `artifact ${artifact.file} of ${name} ${version}`, artifact, signal);
    for (const sidecar of artifact.sidecars ?? []) {
      const what = `${sidecar.file} of ${name} ${version}`;
      const beside = await containedPath(this.modelsDir, name, version, sidecar.file).catch((error: unknown) => {
        throw unreadable(error, 'ERR_INTEGRITY', what);
      });
      await this.#verifyFile(beside, what, sidecar, signal);
    }
    return digest;
  }

  async #verifyFile(path: string, what: string, expected: FileDigest, signal?: AbortSignal): Promise<FileDigest> {
    const digest = await digestFile(path, what, signal).catch((error: unknown) => {
      throw unreadable(error, 'ERR_INTEGRITY', what);
    });
    const { sha256, bytes } = expected;
    if (digest.sha256 === sha256 && digest.bytes === bytes) return digest;
    throw torchError(
      'ERR_INTEGRITY',
      `Expected ${what} to be ${bytes} bytes with sha256 ${sha256} but found ${digest.bytes} bytes with ${digest.sha256}`,
    );
  }

  /**
   * Signs a version by OpenSSF Model Signing v1.0: its files, and its record as it is. `model.sig` is written beside the record.
   * @param reference a version, an alias or a digest
   * @returns the bundle, and what is worth knowing, such as a key that others of the machine can read
   * @throws ERR_INTEGRITY when the files are not those of the record, ERR_INVALID_ARGUMENT for the key or the certificates,
   * ERR_SIGNATURE_INVALID for files that cannot be signed (links, sockets), and as `resolve` and `setAlias`
   * @example await registry.sign('mnist-mlp', 'v1.0', { key: 'release.key' })
   */
  async sign(
    name: string,
    reference: string,
    options: SignVersionOptions,
  ): Promise<{ readonly bundle: string; readonly warnings: readonly string[] }> {
    const { signVersion } = await import('./signing/version.js');
    return await signVersion(this, name, reference, options);
  }

  /**
   * Writes a bundle that was made elsewhere, by model-signing of PyPI say, as the signature of a version. It is compared with the
   * files before; its signature is verified where `trust` says by whom.
   * @throws ERR_SIGNATURE_INVALID saying what is wrong; and as `sign`
   */
  async attachSignature(
    name: string,
    reference: string,
    bundle: string | Uint8Array,
    options: { readonly trust?: TrustOptions; readonly signal?: AbortSignal } = {},
  ): Promise<VerifiedVersion> {
    const { attachSignature } = await import('./signing/version.js');
    return await attachSignature(this, name, reference, bundle, options);
  }

  /**
   * Verifies the signature of a version: who made it, and that files and record are what was signed. Every file is read.
   * @param trust whose signatures count
   * @throws ERR_SIGNATURE_REQUIRED when there is none, ERR_SIGNATURE_INVALID saying what is wrong, ERR_CONFIG for what is
   * trusted, ERR_SIGSTORE_NOT_FOUND; and as `resolve`
   * @example await registry.verifySignature('mnist-mlp', 'v1.0', { publicKeys: ['release.pub'] })
   */
  async verifySignature(
    name: string,
    reference: string,
    trust: TrustOptions,
    options: VerifyVersionOptions = {},
  ): Promise<VerifiedVersion> {
    check.options('verifySignature', options, ['bundle', 'signal']);
    check.object('trust of verifySignature', trust);
    const { verifyVersion } = await import('./signing/version.js');
    return await verifyVersion(this, await this.resolve(name, reference), trust, options);
  }

  /**
   * Lets an alias point to a version, or removes it where `version` is undefined. A version may have several aliases.
   * @throws ERR_INVALID_ARGUMENT for a name that is none or looks like a version, ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND
   * (also for an alias to remove that is not there), ERR_MANIFEST for aliases that cannot be read, ERR_REGISTRY_LOCKED,
   * ERR_STORAGE, ERR_STORAGE_FULL; nothing has changed then
   * @example await registry.setAlias('mnist-mlp', 'champion', 'v1.0')
   */
  async setAlias(name: string, alias: string, version: string | undefined, limits?: LockLimits): Promise<void> {
    await (await this.store()).setAlias(name, alias, version, limits);
  }

  /**
   * Makes a model file a version of the registry: copies it, loads and runs it in a process of its own, and writes its record and its
   * card. A version never changes: the same file again changes nothing, but puts back what was deleted or damaged by hand.
   * @param file a path; the files of an ONNX model's external data lie beside it
   * @throws ERR_MODEL_FORMAT for what is no model, ERR_ADMISSION for one that crashes, or takes too much time or memory,
   * ERR_VERSION_EXISTS, ERR_MANIFEST, ERR_SIGNATURE_MISMATCH, ERR_INVALID_ARGUMENT for what has to be said; what loadModel
   * throws; ERR_REGISTRY_LOCKED, ERR_STORAGE, ERR_STORAGE_FULL, or `signal.reason`; nothing has changed then
   * @example
   * const { record } = await registry.add('resnet.onnx', { name: 'resnet', version: 'v1.0', imagePreset: 'imagenet' });
   */
  async add(file: string, options: AddOptions): Promise<Added> {
    return (await import('./add.js')).add(this, file, options);
  }

  /**
   * Removes a version: its record, its card, its signature and its artifact.
   * @throws ERR_VERSION_IN_USE while an alias points to it, ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_REGISTRY_LOCKED,
   * ERR_STORAGE, ERR_STORAGE_FULL; nothing has changed then
   */
  async remove(name: string, version: string, limits?: LockLimits): Promise<void> {
    await (await this.store()).remove(name, version, limits);
  }

  /**
   * Versions of a model that no host loads any more, because their loads have failed again and again.
   * @throws ERR_MODEL_NOT_FOUND, ERR_INTEGRITY (a link out of the registry), ERR_STORAGE
   */
  async quarantined(name: string): Promise<readonly QuarantineEntry[]> {
    return (await this.loadFailures(name)).filter(({ refused }) => refused);
  }

  /**
   * Lets hosts try versions again that are in quarantine; a running one does at its next load.
   * @param version default: all versions of the model
   * @returns what was in quarantine and is not any more
   * @throws ERR_MODEL_NOT_FOUND, ERR_REGISTRY_LOCKED, ERR_STORAGE, ERR_STORAGE_FULL
   */
  async clearQuarantine(name: string, version?: string, limits?: LockLimits): Promise<readonly QuarantineEntry[]> {
    const isMeant = (entry: QuarantineEntry): boolean => (version ?? entry.version) === entry.version;
    const found = (await this.loadFailures(name)).filter(isMeant);
    if (found.length === 0) return [];
    await (await this.store()).editQuarantine(name, (entries) => entries.filter((each) => !isMeant(each)), limits);
    return found.filter(({ refused }) => refused);
  }

  /** @internal As `quarantined`, with those that have not failed often enough yet. */
  async loadFailures(name: string): Promise<readonly QuarantineEntry[]> {
    await this.versions(name);
    return await quarantineIn(this.registryDir, name);
  }

  /** @internal A host says that the load of a version has failed. @throws as `clearQuarantine` */
  async noteLoadFailure(name: string, entry: QuarantineEntry, limits?: LockLimits): Promise<void> {
    await (await this.store()).editQuarantine(name, (entries) => withFailure(entries, entry), limits);
  }

  /**
   * @internal The writing half, for `add`, `sign` and the like.
   * @throws ERR_CONFIG where it would write into the installed package, and where the two folders are one
   */
  async store(): Promise<Store> {
    if (this.#isInstalled) throw installed();
    if (this.registryDir === this.modelsDir) {
      throw torchError('ERR_CONFIG', `Expected two folders to write to, but both are ${this.registryDir}`);
    }
    const { Store } = await import('./store/store.js');
    return new Store(this);
  }

  #beside(name: string, version: string, file: string): string {
    checkName(name);
    checkVersion(version);
    return join(this.registryDir, name, version, file);
  }
}

const installed = () =>
  torchError(
    'ERR_CONFIG',
    'Expected a registry of your own to write to: the one that comes with node-libtorch lies in the installed package, which ' +
      'an update replaces\n' +
      '  fix: name two folders, --registry ./model-registry --models ./models (in a program: registryDir and modelsDir)',
  );
