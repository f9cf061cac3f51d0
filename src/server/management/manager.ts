import { unlessAborted } from '../../async/unless-aborted.js';
import { TorchError, torchError } from '../../errors.js';
import type { Logger } from '../../monitoring/logging.js';
import type { ModelRecord } from '../../registry/index.js';
import { noCanary, requireRunning } from '../../serving/canary/errors.js';
import type { CanaryReport, CanarySettings } from '../../serving/index.js';
import { keyOf, noSuchModel } from '../../serving/names.js';
import { bookOf, moveAlias } from './alias-change.js';
import { setCanary, type CanaryParts } from './canary-change.js';
import { ChangedFiles, type Catalog, type CatalogEntry } from './catalog.js';
import { ChangeQueue } from './change-queue.js';
import type { Departure, Fleet } from './fleet.js';
import { givenOf, type AllGiven } from './given.js';
import type { AliasReport, ChangeOptions, ManagedModel, Management, RefreshReport } from './management.js';
import { refreshed, type RefreshParts } from './refresh-run.js';
import { requireVersionMeant } from './version-meant.js';

export interface ManagerParts<Spec> {
  readonly fleet: Fleet<Spec>;
  readonly catalog: Catalog<Spec>;
  readonly logger: Logger;
}

/** The rules of management, whoever holds the models. */
export class Manager<Spec> implements Management {
  readonly #parts: ManagerParts<Spec>;
  readonly #queue = new ChangeQueue();
  readonly #files = new ChangedFiles();
  /** What the operator gave when it was last read. */
  #given: Promise<AllGiven>;
  /** Taken out of service by a request, `name version`: a refresh leaves them so. */
  readonly #dismissed = new Set<string>();
  #refreshing: Promise<RefreshReport> | undefined;
  #nextRefresh: Promise<RefreshReport> | undefined;

  /** Made before the first load begins, so that what changes from then on is seen as a change. */
  constructor(parts: ManagerParts<Spec>) {
    this.#parts = parts;
    this.#given = this.#readGiven();
    this.#given.catch(() => undefined);
  }

  list(): Promise<readonly ManagedModel[]> {
    return this.#parts.fleet.list();
  }

  load(name: string, { version, signal }: ChangeOptions = {}): Promise<void> {
    return this.#queue.run(async (either) => {
      for (const entry of await this.#parts.catalog.find(name, version)) await this.#load(entry, either);
    }, signal);
  }

  async unload(name: string, { version, signal }: ChangeOptions = {}): Promise<void> {
    // Calls that have begun may take their time: other changes need not wait for them.
    const departures = await this.#queue.run(async () => {
      const known = await this.#known(name);
      const meant = version === undefined ? undefined : requireVersionMeant(name, known, version);
      const up = known.filter((each) => each.state !== 'UNAVAILABLE' && (meant ?? each.version) === each.version);
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

  async aliases(name: string): Promise<AliasReport> {
    const { catalog, fleet } = this.#parts;
    const aliases = await bookOf(catalog).of(name);
    return { aliases: Object.fromEntries(aliases), serving: Object.fromEntries(await fleet.aliases(name)) };
  }

  setAlias(name: string, alias: string, reference: string | undefined, signal?: AbortSignal): Promise<void> {
    return this.#queue.run((either) => this.#moveAlias(name, alias, reference, either), signal);
  }

  async record(name: string, version: string): Promise<ModelRecord | undefined> {
    return this.#parts.catalog.aliases?.record(name, version).catch(() => undefined);
  }

  clear(name: string, version?: string): Promise<void> {
    return this.#queue.run(async () => {
      const meant = version === undefined ? undefined : await this.#versionOfRegistry(name, version);
      if (meant === undefined) await this.#known(name);
      await this.#parts.fleet.clear(name, meant);
      this.#parts.logger.info({ model: name, version: meant }, 'a model that was quarantined may be loaded again');
    });
  }

  async canary(name: string): Promise<CanaryReport> {
    const report = await this.#parts.fleet.canary(name);
    if (report) return report;
    await this.#known(name);
    throw noCanary(name);
  }

  async setCanary(name: string, settings: CanarySettings | undefined, signal?: AbortSignal): Promise<void> {
    if (settings) {
      await this.#queue.run(
        (either) => setCanary(name, settings, { ...this.#parts, ...this.#changes(either) }),
        signal,
      );
      return;
    }
    await this.canary(name);
    await this.#parts.fleet.setCanary(name, undefined);
  }

  promoteCanary(name: string, signal?: AbortSignal): Promise<void> {
    return this.#queue.run(async (either) => {
      const { version, promotes: alias } = requireRunning(await this.canary(name));
      if (alias === undefined) return this.#parts.fleet.promote(name, version);
      let release: (() => void) | undefined;
      try {
        await this.#moveAlias(name, alias, version, either, () => {
          release = this.#parts.fleet.holdCanary(name, version);
        });
      } finally {
        release?.();
      }
    }, signal);
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

  /** @param beforeWrite called once all is warm; what it throws leaves everything as it was */
  async #moveAlias(
    name: string,
    alias: string,
    reference: string | undefined,
    signal: AbortSignal,
    beforeWrite?: () => void,
  ): Promise<void> {
    const given = await this.#given.catch((): AllGiven => new Map());
    const isGiven = given.has(keyOf({ name, version: alias }));
    const version = await moveAlias({ name, alias, reference, isGiven, beforeWrite }, this.#parts, signal);
    if (version !== undefined) this.#dismissed.delete(keyOf({ name, version }));
  }

  #changes(signal: AbortSignal): Pick<CanaryParts, 'known' | 'versionOf' | 'load'> {
    return {
      known: (name) => this.#known(name),
      versionOf: (name, reference) => this.#versionOfRegistry(name, reference),
      load: async (name, version) => {
        for (const entry of await this.#parts.catalog.find(name, version)) await this.#load(entry, signal);
      },
    };
  }

  #begin(): Promise<RefreshReport> {
    return (this.#refreshing = this.#refresh().finally(() => (this.#refreshing = undefined)));
  }

  async #refresh(): Promise<RefreshReport> {
    const { logger, ...parts } = this.#parts;
    // In one turn: what was read is not to be undone by a change that came meanwhile, nor to undo it.
    const report = await this.#queue.run(async (signal) => {
      const work: RefreshParts<Spec> = {
        ...parts,
        signal,
        files: this.#files,
        dismissed: this.#dismissed,
        load: (entry) => this.#load(entry, signal),
        unload: (served) => this.#unload(served),
      };
      const before = await this.#given.catch((): AllGiven => new Map());
      const done = await refreshed(before, work);
      this.#given = Promise.resolve(done.given);
      return done.report;
    });
    const { loaded, unloaded } = report;
    const models = { loaded, unloaded, failed: report.failed.map(({ model }) => model) };
    if (report.failed.length > 0) logger.error(models, 'some models could not be refreshed: what was there goes on');
    else logger.info(models, 'models refreshed');
    return report;
  }

  /**
   * What a reference means in the registry: an alias may have moved to a version that cannot be loaded. Where the registry does
   * not know it, or is not there, it is what it means here.
   * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND
   */
  async #versionOfRegistry(name: string, reference: string): Promise<string> {
    const recorded = await this.#parts.catalog.aliases?.versionOf(name, reference).catch(() => undefined);
    return recorded ?? requireVersionMeant(name, await this.#known(name), reference);
  }

  /** @throws ERR_MODEL_NOT_FOUND */
  async #known(name: string): Promise<readonly ManagedModel[]> {
    const known = (await this.list()).filter((each) => each.name === name);
    if (known.length === 0) throw noSuchModel(name, 'is served or in the registry');
    return known;
  }

  async #load(entry: CatalogEntry<Spec>, signal: AbortSignal): Promise<void> {
    const { fleet, logger } = this.#parts;
    const { name, versions } = entry;
    const started = performance.now();
    const { file } = entry;
    const marks = file === undefined ? undefined : await this.#files.look(file);
    try {
      await fleet.load(entry.spec, signal);
    } catch (error) {
      logger.error({ model: name, versions, err: error }, 'a model could not be loaded: what was there goes on');
      throw error;
    }
    if (file !== undefined) this.#files.serves(file, marks);
    for (const version of versions) this.#dismissed.delete(keyOf({ name, version }));
    const durationMs = Math.round(performance.now() - started);
    logger.info({ model: name, versions, durationMs }, 'a model was loaded and serves');
  }

  async #unload({ name, version }: ManagedModel): Promise<Departure> {
    this.#dismissed.add(keyOf({ name, version }));
    const departure = await this.#parts.fleet.unload(name, version);
    this.#parts.logger.info({ model: name, version }, 'a model was taken out of service');
    return departure;
  }

  async #readGiven(): Promise<AllGiven> {
    const given = await this.#parts.catalog.given();
    for (const { file } of given) if (file !== undefined) this.#files.serves(file, await this.#files.look(file));
    return givenOf(given);
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
