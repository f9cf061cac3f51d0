import { isModelName } from '../registry/names.js';
import { ModelRegistry } from '../registry/index.js';
import { noSuchModel, noSuchVersion } from '../server/management/catalog.js';
import { modelSettingKeys } from '../server/settings/table.js';
import { TorchError } from '../errors.js';
import { fileVersion, nameOf } from './serve-targets.js';
import { foldersOf } from './target.js';
import { UsageError } from './usage.js';
/** All that `serve` may load: what its arguments and settings name, and what the registry holds. */
export class ServeCatalog {
    #read;
    #latest;
    /** @param read reads the settings anew */
    constructor(first, read) {
        this.#latest = first;
        this.#read = read;
    }
    async given() {
        try {
            this.#latest = this.#read();
        }
        catch (error) {
            // Nobody is at a command line.
            throw error instanceof UsageError ? error.cause : error;
        }
        return this.#entries();
    }
    async find(name, version) {
        const given = (await this.#entries()).filter((entry) => entry.name === name);
        if (given.length > 0 && version === undefined)
            return given;
        for (const entry of given)
            if (entry.versions.includes(version))
                return [onlyVersion(entry, version)];
        // Further versions of a model of the registry are loaded as those that were given.
        const like = given.find(({ file }) => file === undefined);
        if (given.length > 0 && !like) {
            const known = given.flatMap(({ versions }) => versions);
            throw noSuchVersion(name, known, version);
        }
        if (!isModelName(name))
            throw noSuchModel(name);
        const record = await this.#recordOf(name, version);
        return [this.#ofRecords({ ...like?.spec, name, versions: [record.version] }, [record])];
    }
    async #entries() {
        return Promise.all(this.#latest.models.map((entry) => this.#entryOf(entry)));
    }
    async #entryOf(entry) {
        const { file, version = fileVersion, versions } = entry;
        const spec = this.#whole(entry);
        const common = { name: nameOf(entry), spec, options: JSON.stringify(spec) };
        if (file !== undefined)
            return { ...common, versions: [version], file };
        try {
            const records = await Promise.all((versions ?? [undefined]).map((each) => this.#recordOf(common.name, each)));
            return this.#ofRecords(entry, records);
        }
        catch {
            // The load says what is wrong with it.
            return { ...common, versions: versions ?? [] };
        }
    }
    #ofRecords(entry, records) {
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
    /** With the shared settings of each model, which may have changed since a worker has read them. */
    #whole(entry) {
        const { settings } = this.#latest;
        const shared = modelSettingKeys.filter((key) => key !== 'warmupBatchSizes' && settings[key] !== undefined);
        return { ...Object.fromEntries(shared.map((key) => [key, settings[key]])), ...entry };
    }
    async #recordOf(name, version) {
        const registry = await ModelRegistry.open(foldersOf(this.#latest.settings));
        try {
            return await registry.resolve(name, version);
        }
        catch (error) {
            // A version of no form that the registry has is a version that it has not.
            if (!(error instanceof TorchError) || error.code !== 'ERR_INVALID_ARGUMENT')
                throw error;
            throw noSuchVersion(name, await registry.versions(name), version ?? '');
        }
    }
}
function onlyVersion(entry, version) {
    if (entry.file !== undefined)
        return entry;
    return { ...entry, versions: [version], spec: { ...entry.spec, versions: [version] } };
}
