import { TorchError } from '../../errors.js';
import { keyOf } from '../../serving/names.js';
import type { Aliases, Catalog, CatalogEntry, ChangedFiles } from './catalog.js';
import type { Departure, Fleet } from './fleet.js';
import { givenOf, partsOf, type AllGiven, type Given, type Part } from './given.js';
import type { ManagedModel, RefreshReport } from './management.js';

/** What a refresh works with. */
export interface RefreshParts<Spec> {
  readonly fleet: Fleet<Spec>;
  readonly catalog: Catalog<Spec>;
  readonly files: ChangedFiles;
  /** Taken out of service by a request, `name version`. */
  readonly dismissed: ReadonlySet<string>;
  /** Gives up what is under way and the rest. */
  readonly signal: AbortSignal;
  load(entry: CatalogEntry<Spec>): Promise<void>;
  unload(served: ManagedModel): Promise<Departure>;
}

/**
 * Reads anew what the operator gave: loads what is new or has changed beside what serves, then follows the aliases, then unloads
 * what was taken off.
 * @throws what the catalog says of a list that cannot be read: nothing was changed
 */
export async function refreshed<Spec>(
  before: AllGiven,
  parts: RefreshParts<Spec>,
): Promise<{ readonly report: RefreshReport; readonly given: AllGiven }> {
  const run = new RefreshRun(before, parts, await parts.catalog.given());
  await run.loadStale();
  await run.followAliases();
  await run.unloadGone();
  return { report: run.report, given: run.next };
}

class RefreshRun<Spec> {
  readonly #loaded: string[] = [];
  readonly #unloaded: string[] = [];
  readonly #failed: { model: string; error: unknown }[] = [];
  readonly #before: AllGiven;
  readonly #parts: RefreshParts<Spec>;
  readonly #given: readonly CatalogEntry<Spec>[];
  readonly #now: AllGiven;
  /** What counts as given from now on. */
  readonly next: Map<string, Given>;

  constructor(before: AllGiven, parts: RefreshParts<Spec>, given: readonly CatalogEntry<Spec>[]) {
    this.#before = before;
    this.#parts = parts;
    this.#given = given;
    this.#now = givenOf(given);
    this.next = new Map(this.#now);
  }

  get report(): RefreshReport {
    return { loaded: this.#loaded, unloaded: this.#unloaded, failed: this.#failed };
  }

  async loadStale(): Promise<void> {
    const { catalog } = this.#parts;
    for (const entry of this.#given) {
      const isDone = await this.#attempt(inWords(entry), this.#loaded, async () => {
        if (entry.fault !== undefined) return await this.#loadUnknown(entry);
        const stale = await this.#staleOf(entry);
        if (stale === undefined) return undefined;
        const part = stale.length > 0 && catalog.part ? catalog.part(entry, stale) : entry;
        await this.#parts.load(part);
        return inWords(part);
      });
      if (!isDone) for (const { key } of partsOf(entry)) this.#keep(key);
    }
  }

  /** One that is new is loaded: the load says what is wrong with it. @throws why nobody knows what another one means */
  async #loadUnknown(entry: CatalogEntry<Spec>): Promise<string> {
    const { name, fault } = entry;
    const earlier = [...this.#before].filter(([, was]) => was.name === name);
    const isThere = (await this.#parts.fleet.list()).some((each) => each.name === name && isRunning(each));
    if (earlier.length > 0 || isThere) {
      for (const [key, was] of earlier) this.next.set(key, was);
      throw fault;
    }
    await this.#parts.load(entry);
    for (const [key, given] of givenOf(await this.#parts.catalog.find(name))) this.next.set(key, given);
    return inWords(entry);
  }

  /** What the registry says of aliases counts here from now on, but for those whose version could not be loaded. */
  async followAliases(): Promise<void> {
    const names = new Set((await this.#parts.fleet.list()).flatMap((each) => (isUp(each) ? each.name : [])));
    for (const name of names) {
      const given = this.#given.filter((entry) => entry.name === name);
      if (given.some(({ file }) => file !== undefined)) continue;
      await this.#attempt(name, [], async () => {
        const aliases = given.find((entry) => entry.aliases)?.aliases ?? (await this.#recorded(name));
        if (aliases) await this.#follow(name, aliases);
        return undefined;
      });
    }
  }

  async unloadGone(): Promise<void> {
    const meant = new Set([...this.#now.values()].map(keyOf));
    const up = new Map(
      (await this.#parts.fleet.list()).flatMap((each) => (isRunning(each) ? [[keyOf(each), each]] : [])),
    );
    for (const [key, was] of this.#before) {
      const served = up.get(keyOf(was));
      if (this.#now.has(key) || !served) continue;
      this.#keep(key);
      // Something else that was given means it, or what was to take its place could not be loaded: it goes on.
      if (meant.has(keyOf(was)) || this.#hasFailed(was.name)) continue;
      await this.#attempt(keyOf(was), this.#unloaded, async () => {
        await this.#parts.unload(served);
        this.next.delete(key);
        return keyOf(was);
      });
    }
  }

  /** @param change returns what was changed, in words; undefined for nothing */
  async #attempt(model: string, into: string[], change: () => Promise<string | undefined>): Promise<boolean> {
    try {
      this.#parts.signal.throwIfAborted();
      const changed = await change();
      if (changed !== undefined) into.push(changed);
      return true;
    } catch (error) {
      this.#failed.push({ model, error });
      return false;
    }
  }

  /** What could not be changed is as it was, so that the next refresh tries it again. */
  #keep(key: string): void {
    const was = this.#before.get(key);
    if (was === undefined) this.next.delete(key);
    else this.next.set(key, was);
  }

  #hasFailed(name: string): boolean {
    return this.#failed.some(({ model }) => model.split(' ', 1)[0] === name);
  }

  /** The references that are to be loaded: undefined for none, an empty list where it is not known which are meant. */
  async #staleOf(entry: CatalogEntry<Spec>): Promise<readonly string[] | undefined> {
    if (entry.versions.length === 0) return [];
    const up = (await this.#parts.fleet.list()).filter((each) => each.name === entry.name && isUp(each));
    const stale: string[] = [];
    for (const part of partsOf(entry)) if (await this.#isStale(entry, part, up)) stale.push(part.reference);
    return stale.length > 0 ? stale : undefined;
  }

  async #isStale({ file, digests }: CatalogEntry<Spec>, part: Part, up: readonly ManagedModel[]): Promise<boolean> {
    const { key, version, options } = part;
    const served = up.find((each) => each.version === version);
    if (!served) return !this.#parts.dismissed.has(keyOf(part));
    const was = this.#before.get(key);
    // What an alias meant before was loaded from another record.
    if (was?.version === version && was.options !== options) return true;
    if (file !== undefined && (await this.#parts.files.hasChanged(file, served.digest))) return true;
    const recorded = digests?.get(version);
    // Workers that have other bytes than each other have no digest in common.
    return recorded !== undefined && recorded !== served.digest;
  }

  async #recorded(name: string): Promise<Aliases | undefined> {
    try {
      return await this.#parts.catalog.aliases?.of(name);
    } catch (error) {
      // A file is called so, or what was loaded by a request has left the registry.
      if (error instanceof TorchError && noModel.has(error.code)) return undefined;
      throw error;
    }
  }

  async #follow(name: string, recorded: Aliases): Promise<void> {
    const { fleet, catalog, signal } = this.#parts;
    const before = await fleet.aliases(name);
    const versions = async (): Promise<ReadonlySet<string>> =>
      new Set((await fleet.list()).flatMap((each) => (each.name === name && isUp(each) ? each.version : [])));
    const aliases = new Map(recorded);
    let up = await versions();
    for (const [alias, version] of recorded) {
      const was = before.get(alias);
      // Who called by the alias is to be answered as before.
      if (up.has(version) || was === undefined || !up.has(was)) continue;
      try {
        if (!this.#hasFailed(name)) {
          for (const entry of await catalog.find(name, alias, aliases)) {
            await this.#parts.load(entry);
            this.#loaded.push(inWords(entry));
          }
          up = await versions();
          continue;
        }
      } catch (error) {
        this.#failed.push({ model: keyOf({ name, version }), error });
      }
      aliases.set(alias, was);
    }
    for (const [alias, was] of before) {
      // That one which was given is gone has failed: clients go on by it.
      if (!recorded.has(alias) && this.next.has(keyOf({ name, version: alias }))) aliases.set(alias, was);
    }
    const isAsBefore = aliases.size === before.size && [...aliases].every(([alias, is]) => before.get(alias) === is);
    if (!isAsBefore) await fleet.setAliases(name, aliases, signal);
  }
}

const noModel: ReadonlySet<string> = new Set(['ERR_MODEL_NOT_FOUND', 'ERR_INVALID_ARGUMENT']);

const isUp = ({ state }: ManagedModel): boolean => state === 'READY';
const isRunning = ({ state }: ManagedModel): boolean => state !== 'UNAVAILABLE';

const inWords = ({ name, versions }: { name: string; versions: readonly string[] }): string =>
  [name, ...versions].join(' ');
