import { isAlias, isModelName, isVersion } from '../registry/names.js';
import { ModelRegistry, type ModelRecord } from '../registry/index.js';
import type { Aliases, Catalog, CatalogEntry } from '../server/management/catalog.js';
import { RegistryAliases } from '../server/management/registry-aliases.js';
import type { ModelEntry } from '../server/settings/model-entries.js';
import { modelSettingKeys, type Settings } from '../server/settings/table.js';
import { TorchError } from '../errors.js';
import { fileVersion, noSuchModel, noSuchVersion } from '../serving/names.js';
import { nameOf } from './serve-targets.js';
import { foldersOf } from './target.js';
import { isTaskSetting } from './task-of-settings.js';
import { UsageError } from './usage.js';

/** What a command line and a settings file ask for, read at one moment. */
export interface ServeSelection {
  readonly models: readonly ModelEntry[];
  readonly settings: Settings;
}

/** All that `serve` may load: what its arguments and settings name, and what the registry holds. */
export class ServeCatalog implements Catalog<ModelEntry> {
  readonly aliases = new RegistryAliases(() => this.#registry());
  readonly #read: () => ServeSelection;
  readonly #sizesOfStart: readonly number[] | undefined;
  #latest: ServeSelection;

  /** @param read reads the settings anew */
  constructor(first: ServeSelection, read: () => ServeSelection) {
    this.#latest = first;
    this.#sizesOfStart = first.settings.warmupBatchSizes;
    this.#read = read;
  }

  async given(): Promise<readonly CatalogEntry<ModelEntry>[]> {
    try {
      this.#latest = this.#read();
    } catch (error) {
      // Nobody is at a command line.
      throw error instanceof UsageError ? error.cause : error;
    }
    return this.#entries();
  }

  async find(name: string, version?: string, aliases?: Aliases): Promise<readonly CatalogEntry<ModelEntry>[]> {
    const given = (await this.#entries()).filter((entry) => entry.name === name);
    if (given.length > 0 && version === undefined) return given;
    if (version !== undefined && !aliases) {
      for (const entry of given) if (referencesOf(entry).includes(version)) return [this.part(entry, [version])];
    }
    // Further versions of a model of the registry are loaded as those that were given.
    const like = given.find(({ file }) => file === undefined);
    if (given.length > 0 && !like) {
      const known = given.flatMap(({ versions }) => versions);
      throw noSuchVersion(name, known, version);
    }
    if (!isModelName(name)) throw noSuchModel(name, 'is served or in the registry');
    const { versions: _versions, aliases: _aliases, ...own } = like?.spec ?? {};
    return [await this.#found({ ...own, name }, [version], aliases)];
  }

  part(entry: CatalogEntry<ModelEntry>, references: readonly string[]): CatalogEntry<ModelEntry> {
    if (entry.file !== undefined) return entry;
    const all = referencesOf(entry);
    const versions = references.map((each) => entry.versions[all.indexOf(each)] as string);
    return { ...entry, references, versions, spec: { ...entry.spec, versions: references } };
  }

  async #entries(): Promise<readonly CatalogEntry<ModelEntry>[]> {
    return Promise.all(this.#latest.models.map((entry) => this.#entryOf(entry)));
  }

  async #entryOf(entry: ModelEntry): Promise<CatalogEntry<ModelEntry>> {
    const { file, version = fileVersion, versions } = entry;
    const spec = this.#whole(entry);
    const common = { name: nameOf(entry), spec, options: JSON.stringify(spec) };
    if (file !== undefined) return { ...common, versions: [version], file };
    try {
      return await this.#found(entry, versions ?? [undefined]);
    } catch (fault) {
      // What an alias, a digest or no version means nobody knows now.
      return { ...common, versions: versions?.every(isVersion) ? versions : [], fault };
    }
  }

  /** An entry of the registry: what aliases mean is said here, once for all processes. */
  async #found(
    entry: ModelEntry,
    references: readonly (string | undefined)[],
    given?: Aliases,
  ): Promise<CatalogEntry<ModelEntry>> {
    const name = nameOf(entry);
    const aliases = given ?? (await (await this.#registry()).aliases(name));
    const records = new Map<string, ModelRecord>();
    for (const reference of references) {
      const record = await this.#recordOf(
        name,
        reference === undefined ? reference : (aliases.get(reference) ?? reference),
      );
      // A digest does not move, and one version is loaded once.
      records.set(reference !== undefined && isAlias(reference) ? reference : record.version, record);
    }
    const { versions: _versions, ...options } = this.#whole(entry);
    const found = [...records.values()];
    return {
      name,
      versions: found.map(({ version }) => version),
      references: [...records.keys()],
      spec: { ...options, name, versions: [...records.keys()], aliases: Object.fromEntries(aliases) },
      options: JSON.stringify(options),
      digests: new Map(found.map(({ version, artifact }) => [version, artifact.sha256])),
      // A record that says something else of the same bytes is another model too.
      records: new Map(found.map((record) => [record.version, JSON.stringify(record)])),
      aliases,
    };
  }

  /**
   * With the shared settings of each model, which may have changed since this process, or a worker, was started. What is not set
   * any more is null: messages between processes drop what is undefined.
   */
  #whole(entry: ModelEntry): ModelEntry {
    const { settings } = this.#latest;
    const shared = modelSettingKeys.filter((key) => {
      if (key === 'warmupBatchSizes') return this.#hasOtherSizes();
      // A record has its own task: a shared one is for files.
      return entry.file !== undefined || !isTaskSetting(key);
    });
    return { ...Object.fromEntries(shared.map((key) => [key, settings[key] ?? null])), ...entry };
  }

  /** The host has the shared sizes of the start, and tells them from those of a model: those turn the check by the record off. */
  #hasOtherSizes(): boolean {
    const { warmupBatchSizes } = this.#latest.settings;
    return warmupBatchSizes !== undefined && String(warmupBatchSizes) !== String(this.#sizesOfStart);
  }

  async #recordOf(name: string, version: string | undefined): Promise<ModelRecord> {
    const registry = await this.#registry();
    try {
      return await registry.resolve(name, version);
    } catch (error) {
      // A version of no form that the registry has is a version that it has not.
      if (!(error instanceof TorchError) || error.code !== 'ERR_INVALID_ARGUMENT') throw error;
      throw noSuchVersion(name, await registry.versions(name), version ?? '');
    }
  }

  #registry(): Promise<ModelRegistry> {
    return ModelRegistry.open(foldersOf(this.#latest.settings));
  }
}

const referencesOf = ({ references, versions }: CatalogEntry<ModelEntry>): readonly string[] => references ?? versions;
