import { isModelName } from '../registry/names.js';
import { ModelRegistry, type ModelRecord } from '../registry/index.js';
import type { Catalog, CatalogEntry } from '../server/management/catalog.js';
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

  async find(name: string, version?: string): Promise<readonly CatalogEntry<ModelEntry>[]> {
    const given = (await this.#entries()).filter((entry) => entry.name === name);
    if (given.length > 0 && version === undefined) return given;
    for (const entry of given)
      if (entry.versions.includes(version as string)) return [onlyVersion(entry, version as string)];
    // Further versions of a model of the registry are loaded as those that were given.
    const like = given.find(({ file }) => file === undefined);
    if (given.length > 0 && !like) {
      const known = given.flatMap(({ versions }) => versions);
      throw noSuchVersion(name, known, version);
    }
    if (!isModelName(name)) throw noSuchModel(name, 'is served or in the registry');
    const record = await this.#recordOf(name, version);
    return [this.#ofRecords({ ...like?.spec, name, versions: [record.version] }, [record])];
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
      const records = await Promise.all((versions ?? [undefined]).map((each) => this.#recordOf(common.name, each)));
      return this.#ofRecords(entry, records);
    } catch {
      // The load says what is wrong with it.
      return { ...common, versions: versions ?? [] };
    }
  }

  #ofRecords(entry: ModelEntry, records: readonly ModelRecord[]): CatalogEntry<ModelEntry> {
    const versions = records.map(({ version }) => version);
    const spec = this.#whole({ ...entry, versions });
    return {
      name: nameOf(entry),
      versions,
      spec,
      // A record that says something else of the same bytes is another model too.
      options: JSON.stringify([spec, records]),
      digests: new Map(records.map(({ version, artifact }) => [version, artifact.sha256])),
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
    const registry = await ModelRegistry.open(foldersOf(this.#latest.settings));
    try {
      return await registry.resolve(name, version);
    } catch (error) {
      // A version of no form that the registry has is a version that it has not.
      if (!(error instanceof TorchError) || error.code !== 'ERR_INVALID_ARGUMENT') throw error;
      throw noSuchVersion(name, await registry.versions(name), version ?? '');
    }
  }
}

function onlyVersion(entry: CatalogEntry<ModelEntry>, version: string): CatalogEntry<ModelEntry> {
  if (entry.file !== undefined) return entry;
  return { ...entry, versions: [version], spec: { ...entry.spec, versions: [version] } };
}
