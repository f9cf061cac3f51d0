import { ChangedFiles, noSuchModel, noSuchVersion } from './catalog.js';
import { ChangeQueue, within } from './change-queue.js';
/** The rules of management, whoever holds the models. */
export class Manager {
    #fleet;
    #catalog;
    #logger;
    #queue = new ChangeQueue();
    #files = new ChangedFiles();
    /** What the operator gave when it was last read: its options, by `name version`. */
    #given;
    /** Taken out of service by a request, `name version`: a refresh leaves them so. */
    #dismissed = new Set();
    #refreshing;
    #nextRefresh;
    /** Made before the first load begins, so that what changes from then on is seen as a change. */
    constructor({ fleet, catalog, logger }) {
        this.#fleet = fleet;
        this.#catalog = catalog;
        this.#logger = logger;
        this.#given = this.#readGiven();
        this.#given.catch(() => undefined);
    }
    list() {
        return this.#fleet.list();
    }
    load(name, { version, signal } = {}) {
        return this.#queue.run(async (either) => {
            for (const entry of await this.#catalog.find(name, version))
                await this.#load(entry, either);
        }, signal);
    }
    async unload(name, { version, signal } = {}) {
        // Calls that have begun may take their time: other changes need not wait for them.
        const departures = await this.#queue.run(async () => {
            const known = (await this.#fleet.list()).filter((each) => each.name === name);
            if (known.length === 0)
                throw noSuchModel(name);
            const versions = known.map((each) => each.version);
            if (version !== undefined && !versions.includes(version)) {
                throw noSuchVersion(name, versions, version);
            }
            const up = known.filter((each) => each.state !== 'UNAVAILABLE' && (version ?? each.version) === each.version);
            const gone = [];
            for (const each of up)
                gone.push(await this.#unload(each));
            return gone;
        }, signal);
        await within(Promise.all(departures.map(({ drained }) => drained)), signal);
    }
    /** One that comes while another runs begins after it, once for all that come. */
    refresh() {
        if (!this.#refreshing)
            return this.#begin();
        return (this.#nextRefresh ??= this.#refreshing
            .catch(() => undefined)
            .then(() => {
            this.#nextRefresh = undefined;
            return this.#begin();
        }));
    }
    close() {
        return this.#queue.close();
    }
    #begin() {
        return (this.#refreshing = this.#refresh().finally(() => (this.#refreshing = undefined)));
    }
    async #refresh() {
        const loaded = [];
        const unloaded = [];
        const failed = [];
        const attempt = async (model, into, change) => {
            try {
                if (await this.#queue.run(change))
                    into.push(model);
            }
            catch (error) {
                failed.push({ model, error });
            }
        };
        const before = await this.#given.catch(() => new Map());
        // A list that cannot be read changes nothing.
        const given = await this.#catalog.given();
        const now = optionsOf(given);
        for (const entry of given) {
            await attempt(inWords(entry), loaded, async (signal) => {
                if (!(await this.#isStale(entry, before)))
                    return false;
                await this.#load(entry, signal);
                return true;
            });
        }
        for (const served of await this.#fleet.list()) {
            const key = keyOf(served.name, served.version);
            if (now.has(key) || !before.has(key) || served.state === 'UNAVAILABLE')
                continue;
            // What was to take its place could not be loaded: it goes on.
            if (failed.some(({ model }) => model.split(' ', 1)[0] === served.name))
                continue;
            await attempt(key, unloaded, async () => {
                await this.#unload(served);
                return true;
            });
        }
        this.#given = Promise.resolve(now);
        const models = { loaded, unloaded, failed: failed.map(({ model }) => model) };
        if (failed.length > 0)
            this.#logger.error(models, 'some models could not be refreshed: what was there goes on');
        else
            this.#logger.info(models, 'models refreshed');
        return { loaded, unloaded, failed };
    }
    async #isStale(entry, before) {
        const { name, versions, file, digests, options } = entry;
        if (versions.length === 0)
            return true;
        const up = (await this.#fleet.list()).filter((each) => each.name === name && each.state === 'READY');
        for (const version of versions) {
            const key = keyOf(name, version);
            const served = up.find((each) => each.version === version);
            if (!served) {
                if (this.#dismissed.has(key))
                    continue;
                return true;
            }
            if ((before.get(key) ?? options) !== options)
                return true;
            if (file !== undefined && (await this.#files.hasChanged(file, served.digest)))
                return true;
            const recorded = digests?.get(version);
            if (recorded !== undefined && served.digest !== undefined && recorded !== served.digest)
                return true;
        }
        return false;
    }
    async #load(entry, signal) {
        const { name, versions } = entry;
        const started = performance.now();
        const { file } = entry;
        const marks = file === undefined ? undefined : await this.#files.look(file);
        try {
            await this.#fleet.load(entry.spec, signal);
        }
        catch (error) {
            this.#logger.error({ model: name, versions, err: error }, 'a model could not be loaded: what was there goes on');
            throw error;
        }
        if (file !== undefined)
            this.#files.serves(file, marks);
        for (const version of versions)
            this.#dismissed.delete(keyOf(name, version));
        const durationMs = Math.round(performance.now() - started);
        this.#logger.info({ model: name, versions, durationMs }, 'a model was loaded and serves');
    }
    async #unload({ name, version }) {
        this.#dismissed.add(keyOf(name, version));
        const departure = await this.#fleet.unload(name, version);
        this.#logger.info({ model: name, version }, 'a model was taken out of service');
        return departure;
    }
    async #readGiven() {
        const given = await this.#catalog.given();
        for (const { file } of given)
            if (file !== undefined)
                this.#files.serves(file, await this.#files.look(file));
        return optionsOf(given);
    }
}
const keyOf = (name, version) => `${name} ${version}`;
const inWords = ({ name, versions }) => [name, ...versions].join(' ');
function optionsOf(given) {
    return new Map(given.flatMap(({ name, versions, options }) => versions.map((version) => [keyOf(name, version), options])));
}
