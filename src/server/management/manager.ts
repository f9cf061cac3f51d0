import { unlessAborted } from '../../async/unless-aborted.js';
import { TorchError, torchError } from '../../errors.js';
import type { Logger } from '../../monitoring/logging.js';
import { keyOf, noSuchModel, noSuchVersion } from '../../serving/names.js';
import { ChangedFiles, type Catalog, type CatalogEntry } from './catalog.js';
import { ChangeQueue } from './change-queue.js';
import type { Departure, Fleet } from './fleet.js';
import type { ChangeOptions, ManagedModel, Management, RefreshReport } from './management.js';

export interface ManagerParts<Spec> {
  readonly fleet: Fleet<Spec>;
  readonly catalog: Catalog<Spec>;
  readonly logger: Logger;
}

/** The rules of management, whoever holds the models. */
export class Manager<Spec> implements Management {
  readonly #fleet: Fleet<Spec>;
  readonly #catalog: Catalog<Spec>;
  readonly #logger: Logger;
  readonly #queue = new ChangeQueue();
  readonly #files = new ChangedFiles();
  /** What the operator gave when it was last read: its options, by `name version`. */
  #given: Promise<ReadonlyMap<string, string>>;
  /** Taken out of service by a request, `name version`: a refresh leaves them so. */
  readonly #dismissed = new Set<string>();
  #refreshing: Promise<RefreshReport> | undefined;
  #nextRefresh: Promise<RefreshReport> | undefined;

  /** Made before the first load begins, so that what changes from then on is seen as a change. */
  constructor({ fleet, catalog, logger }: ManagerParts<Spec>) {
    this.#fleet = fleet;
    this.#catalog = catalog;
    this.#logger = logger;
    this.#given = this.#readGiven();
    this.#given.catch(() => undefined);
  }

  list(): Promise<readonly ManagedModel[]> {
    return this.#fleet.list();
  }

  load(name: string, { version, signal }: ChangeOptions = {}): Promise<void> {
    return this.#queue.run(async (either) => {
      for (const entry of await this.#catalog.find(name, version)) await this.#load(entry, either);
    }, signal);
  }

  async unload(name: string, { version, signal }: ChangeOptions = {}): Promise<void> {
    // Calls that have begun may take their time: other changes need not wait for them.
    const departures = await this.#queue.run(async () => {
      const known = (await this.#fleet.list()).filter((each) => each.name === name);
      if (known.length === 0) throw noSuchModel(name, 'is served or in the registry');
      const versions = known.map((each) => each.version);
      if (version !== undefined && !versions.includes(version)) {
        throw noSuchVersion(name, versions, version);
      }
      const up = known.filter((each) => each.state !== 'UNAVAILABLE' && (version ?? each.version) === each.version);
      const gone: Departure[] = [];
      for (const each of up) gone.push(await this.#unload(each));
      return gone;
    }, signal);
    try {
      await unlessAborted(signal, Promise.all(departures.map(({ drained }) => drained)));
    } catch (error) {
      if (signal?.aborted) throw goneButBusy(name, signal.reason);
      throw error;
    }
  }

  /** One that comes while another runs begins after it, once for all that come. */
  refresh(): Promise<RefreshReport> {
    if (!this.#refreshing) return this.#begin();
    return (this.#nextRefresh ??= this.#refreshing
      .catch(() => undefined)
      .then(() => {
        this.#nextRefresh = undefined;
        return this.#begin();
      }));
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #begin(): Promise<RefreshReport> {
    return (this.#refreshing = this.#refresh().finally(() => (this.#refreshing = undefined)));
  }

  async #refresh(): Promise<RefreshReport> {
    const loaded: string[] = [];
    const unloaded: string[] = [];
    const failed: { model: string; error: unknown }[] = [];
    const attempt = async (model: string, into: string[], change: (signal: AbortSignal) => Promise<boolean>) => {
      try {
        if (await this.#queue.run(change)) into.push(model);
      } catch (error) {
        failed.push({ model, error });
      }
    };
    const before = await this.#given.catch(() => new Map<string, string>());
    // A list that cannot be read changes nothing.
    const given = await this.#catalog.given();
    const now = optionsOf(given);
    const next = new Map(now);
    /** What could not be changed is as it was, so that the next refresh tries it again. */
    const keep = (key: string): void => {
      const was = before.get(key);
      if (was === undefined) next.delete(key);
      else next.set(key, was);
    };
    for (const entry of given) {
      const failures = failed.length;
      await attempt(inWords(entry), loaded, async (signal) => {
        if (!(await this.#isStale(entry, before))) return false;
        await this.#load(entry, signal);
        return true;
      });
      if (failed.length > failures) for (const version of entry.versions) keep(keyOf({ name: entry.name, version }));
    }
    for (const served of await this.#fleet.list()) {
      const key = keyOf(served);
      if (now.has(key) || !before.has(key) || served.state === 'UNAVAILABLE') continue;
      keep(key);
      // What was to take its place could not be loaded: it goes on.
      if (failed.some(({ model }) => model.split(' ', 1)[0] === served.name)) continue;
      await attempt(key, unloaded, async () => {
        await this.#unload(served);
        next.delete(key);
        return true;
      });
    }
    this.#given = Promise.resolve(next);
    const models = { loaded, unloaded, failed: failed.map(({ model }) => model) };
    if (failed.length > 0) this.#logger.error(models, 'some models could not be refreshed: what was there goes on');
    else this.#logger.info(models, 'models refreshed');
    return { loaded, unloaded, failed };
  }

  async #isStale(entry: CatalogEntry<Spec>, before: ReadonlyMap<string, string>): Promise<boolean> {
    const { name, versions, file, digests, options } = entry;
    if (versions.length === 0) return true;
    const up = (await this.#fleet.list()).filter((each) => each.name === name && each.state === 'READY');
    for (const version of versions) {
      const key = keyOf({ name, version });
      const served = up.find((each) => each.version === version);
      if (!served) {
        if (this.#dismissed.has(key)) continue;
        return true;
      }
      if ((before.get(key) ?? options) !== options) return true;
      if (file !== undefined && (await this.#files.hasChanged(file, served.digest))) return true;
      const recorded = digests?.get(version);
      if (recorded !== undefined && served.digest !== undefined && recorded !== served.digest) return true;
    }
    return false;
  }

  async #load(entry: CatalogEntry<Spec>, signal: AbortSignal): Promise<void> {
    const { name, versions } = entry;
    const started = performance.now();
    const { file } = entry;
    const marks = file === undefined ? undefined : await this.#files.look(file);
    try {
      await this.#fleet.load(entry.spec, signal);
    } catch (error) {
      this.#logger.error({ model: name, versions, err: error }, 'a model could not be loaded: what was there goes on');
      throw error;
    }
    if (file !== undefined) this.#files.serves(file, marks);
    for (const version of versions) this.#dismissed.delete(keyOf({ name, version }));
    const durationMs = Math.round(performance.now() - started);
    this.#logger.info({ model: name, versions, durationMs }, 'a model was loaded and serves');
  }

  async #unload({ name, version }: ManagedModel): Promise<Departure> {
    this.#dismissed.add(keyOf({ name, version }));
    const departure = await this.#fleet.unload(name, version);
    this.#logger.info({ model: name, version }, 'a model was taken out of service');
    return departure;
  }

  async #readGiven(): Promise<ReadonlyMap<string, string>> {
    const given = await this.#catalog.given();
    for (const { file } of given) if (file !== undefined) this.#files.serves(file, await this.#files.look(file));
    return optionsOf(given);
  }
}

/** The change has come too late to be given up: whoever waits is told what there is. */
function goneButBusy(name: string, reason: unknown): TorchError {
  const code = reason instanceof TorchError ? reason.code : 'ERR_TIMEOUT';
  return torchError(
    code,
    `Expected the calls of ${name} to end in time: it is out of service, and the calls that had begun go on`,
    { cause: reason },
  );
}

const inWords = ({ name, versions }: { name: string; versions: readonly string[] }): string =>
  [name, ...versions].join(' ');

function optionsOf(given: readonly CatalogEntry<unknown>[]): ReadonlyMap<string, string> {
  return new Map(
    given.flatMap(({ name, versions, options }) =>
      versions.map((version) => [keyOf({ name, version }), options] as const),
    ),
  );
}
