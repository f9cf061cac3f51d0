import { aliasNames } from '../registry/aliases.js';
import { Catalogue, failureOf, followedBy, isUnknown, labelOf, type Slot } from './catalogue.js';
import type { Change } from './changes.js';
import { Drains } from './drains.js';
import type { HostModel, Source } from './host-model.js';
import { twice, type HostChange, type HostOptions, type HostWarning } from './host-options.js';
import type { Found, LoadProgress } from './load-served.js';
import {
  FailedLoad,
  Loader,
  meantBy,
  type Aliases,
  type FailedElsewhere,
  type Load,
  type Loaded,
  type TogetherOptions,
} from './loader.js';
import { noSuchModel } from './names.js';
import { ServedModel, type ServedModelHooks } from './served-model.js';
import { sourcesToLoad } from './sources-to-load.js';
import { Statistics } from './statistics.js';

/** Who hears of what becomes of the models. */
export interface LineupListeners {
  progress(event: LoadProgress): void;
  change(event: HostChange): void;
  warn(event: HostWarning): void;
}

interface Replacement {
  readonly name?: string;
  readonly together: TogetherOptions;
  /** What serves already is loaded again. */
  readonly anew: boolean;
}

type AliasMove = Pick<HostChange, 'alias' | 'version' | 'before'>;

/** What serves in a host, and how that changes: each change is one step, however many versions it is of. */
export class Lineup {
  readonly catalogue = new Catalogue();
  readonly drains: Drains;
  readonly #hooks: ServedModelHooks;
  readonly #listeners: LineupListeners;
  readonly loader: Loader;

  constructor(
    options: HostOptions,
    hooks: Omit<ServedModelHooks, 'current' | 'aliases' | 'refuse'>,
    listeners: LineupListeners,
  ) {
    const { catalogue } = this;
    // Not spread: `answered` changes.
    this.#hooks = Object.assign(Object.create(hooks) as typeof hooks, {
      current: (name: string, reference: string | undefined) => catalogue.find(name, reference),
      aliases: (name: string, version: string) => aliasNames(catalogue.aliases(name), version),
      refuse: (name: string, reference: string | undefined) => catalogue.refuse(name, reference),
    });
    this.#listeners = listeners;
    this.drains = new Drains(options.drainTimeoutMs, (event) => {
      listeners.warn(event);
    });
    this.loader = new Loader({
      ...{ options, drains: this.drains },
      progress: (event) => {
        listeners.progress(event);
      },
      warn: (event) => {
        listeners.warn(event);
      },
    });
  }

  /** It is to be loaded at the start. */
  expect(source: Source): void {
    const slot = this.catalogue.add(source, true);
    slot.work = 'LOADING';
    this.catalogue.name(slot, labelOf(source));
  }

  /**
   * Loads one of those that the host was opened with.
   * @param goesOn the host does so without it: its slot keeps why it failed
   * @throws why it cannot be loaded
   */
  async start(slot: Slot, signal: AbortSignal, goesOn: boolean): Promise<void> {
    try {
      const { catalogue } = this;
      const { name } = slot.source;
      const before = labelOf(slot.source);
      const aliases = await this.loader.aliasesOf(slot.source);
      const found = await this.loader.find(meantBy(slot.source, aliases), signal);
      const label = labelOf(found.source);
      const other = catalogue.slot(name, found.version);
      if (other && other !== slot) {
        // A version may be named by itself, by aliases and by its digest, and is loaded once.
        if ((before === label || before === '') && other.names.has(label)) throw twice(found);
        for (const each of [...slot.names]) catalogue.name(other, each);
        catalogue.forget(slot);
        this.#take(name, aliases, [label]);
        return;
      }
      slot.source = found.source;
      catalogue.name(slot, label, before);
      await this.#listOthers(found.source);
      const loads = [{ found, slot, isNew: false, names: [label], isUp: false }];
      this.#swap(loads, await this.loader.bringUp(loads, signal), aliases);
    } catch (thrown) {
      slot.work = undefined;
      const error = thrown instanceof FailedLoad ? thrown.error : thrown;
      if (goesOn && !signal.aborted) this.#keep(error, slot.source);
      throw error;
    }
  }

  /** Loads versions beside what serves, and then puts all of them into their places, or none. */
  async load(
    model: HostModel,
    signal: AbortSignal,
    together: TogetherOptions = {},
  ): Promise<Change<readonly ServedModel[]>> {
    const { sources, aliases } = await this.#meantByLoad(model);
    return this.#replace(sources, aliases, signal, { together, anew: true });
  }

  async #meantByLoad(model: HostModel) {
    const sources = await sourcesToLoad(model, this.catalogue, () => this.loader.registry());
    return { sources, aliases: await this.loader.aliasesOf(sources[0] as Source) };
  }

  /**
   * Says what the aliases of a name mean from now on. What those that are followed mean anew is loaded first, beside what
   * serves; then all of it takes its place in one step, and what nothing names any more is taken out of service.
   * @throws ERR_MODEL_NOT_FOUND; why a version cannot be loaded: then everything is as it was
   */
  async setAliases(
    name: string,
    aliases: Aliases,
    signal: AbortSignal,
    together: TogetherOptions = {},
  ): Promise<Change<readonly ServedModel[]>> {
    if (this.catalogue.slots(name).length === 0) throw noSuchModel(name);
    return this.#replace(this.#meantAnew(name, aliases), aliases, signal, { name, together, anew: false });
  }

  /** What aliases that are followed mean anew, and so has to be loaded. What a caller has unloaded stays so. */
  #meantAnew(name: string, aliases: Aliases): Source[] {
    const before = this.catalogue.aliases(name);
    return this.catalogue.slots(name).flatMap((slot) => {
      if (slot.wasUnloaded) return [];
      return followedBy(slot).flatMap((alias) => {
        const meant = aliases.get(alias);
        const isThere = slot.served !== undefined && slot.source.version === meant;
        const isAsBefore = isThere || meant === before.get(alias);
        return meant === undefined || isAsBefore ? [] : { ...slot.source, alias: undefined, version: alias };
      });
    });
  }

  /** Keeps why another process could not load what this one has given up, as a failure of its own: however far it was. */
  async loadFailedElsewhere(model: HostModel, failed: FailedElsewhere): Promise<void> {
    try {
      const { sources, aliases } = await this.#meantByLoad(model);
      this.#keepElsewhere(sources, aliases, failed);
    } catch {
      // What this process cannot even name has no line that could say why.
    }
  }

  /** As `loadFailedElsewhere`, of `setAliases`. */
  aliasesFailedElsewhere(name: string, aliases: Aliases, failed: FailedElsewhere): void {
    this.#keepElsewhere(this.#meantAnew(name, aliases), aliases, failed);
  }

  #keepElsewhere(sources: readonly Source[], aliases: Aliases | undefined, { error, version }: FailedElsewhere): void {
    const meant = sources.map((source) => meantBy(source, aliases));
    // One whose version is found out by its load is the other process's, by the version that it has found.
    const source = meant.find((each) => each.version === version) ?? meant[0];
    if (source) this.#keep(error, version === '' ? source : { ...source, version });
  }

  async #replace(
    sources: readonly Source[],
    aliases: Aliases | undefined,
    signal: AbortSignal,
    { name, together, anew }: Replacement,
  ): Promise<Change<readonly ServedModel[]>> {
    const loads: Load[] = [];
    let loaded: readonly (Loaded | undefined)[];
    let current: Source | undefined;
    try {
      for (const source of sources) {
        current = meantBy(source, aliases);
        this.#begin(await this.loader.find(current, signal), loads, anew);
        await this.#listOthers(source);
      }
      loaded = await this.loader.bringUp(loads, signal, together);
    } catch (thrown) {
      const { error, source } = thrown instanceof FailedLoad ? thrown : { error: thrown, source: current };
      for (const { slot } of loads) slot.work = undefined;
      if (source && !signal.aborted) this.#keep(error, source);
      for (const { slot, isNew } of loads) {
        if (isNew && !slot.failure) this.catalogue.forget(slot);
        // Options that were refused are not those of the next load.
        else if (isNew && slot.failure?.code === 'ERR_INVALID_ARGUMENT') slot.source = { ...slot.source, options: {} };
      }
      this.catalogue.prune();
      throw error;
    }
    // A load is no move: only who says what aliases mean takes one away from what answers by it.
    const meant = name === undefined && aliases ? this.#stillMeant(loads, aliases) : aliases;
    const { served, replaced } = this.#swap(loads, loaded, meant, name);
    return { result: served, end: this.#drain(replaced).finally(() => this.catalogue.prune()) };
  }

  /** Takes versions out of service. The promise is their end, of those that are out and still drain too; it never rejects. */
  async unload(slots: readonly Slot[]): Promise<void> {
    const draining = slots.map(({ source: { name, version } }) => this.drains.end(name, version));
    const taken = slots.flatMap((slot) => this.#takeOut(slot));
    for (const { name: model, version } of taken) this.#listeners.change({ model, version, change: 'unloaded' });
    await Promise.all([this.#drain(taken), ...draining]);
    this.catalogue.prune();
  }

  /** @param anew what serves already is loaded again */
  #begin(found: Found, loads: Load[], anew: boolean): void {
    const { catalogue } = this;
    const { name, version } = found;
    const label = labelOf(found.source);
    const same = loads.find((load) => load.found.version === version);
    if (same) return void same.names.push(label);
    // One whose version nobody could say has one now.
    const known = catalogue.slot(name, version) ?? catalogue.unresolved(name, found.source.alias);
    const slot = known ?? catalogue.add(found.source, false);
    if (slot.source.version !== version) slot.source = found.source;
    const isUp = !anew && slot.served !== undefined;
    if (!isUp) slot.work = 'LOADING';
    loads.push({ found, slot, isNew: !known, names: [label], isUp });
  }

  /** Puts what was loaded into its places. Nothing is awaited here. */
  #swap(
    loads: readonly Load[],
    loaded: readonly (Loaded | undefined)[],
    aliases: Aliases | undefined,
    name = loads[0]?.found.name ?? '',
  ) {
    const { catalogue } = this;
    const replaced = new Set<ServedModel>();
    const left = new Set<Slot>();
    for (const { slot, names } of loads) {
      for (const each of names) {
        const leaving = catalogue.name(slot, each);
        if (leaving) left.add(leaving);
        // What an alias meant at the start is what it means now.
        if (leaving?.isOriginal) [slot.isOriginal, leaving.isOriginal] = [true, false];
      }
    }
    const moves = this.#take(
      name,
      aliases,
      loads.flatMap(({ names }) => names),
    );
    const swaps = loads.flatMap(({ found, slot }, i) => {
      const up = loaded[i];
      if (!up) return [];
      const { parts, loadMs } = up;
      Object.assign(slot, { source: found.source, work: undefined, failure: undefined, wasUnloaded: false });
      const served = new ServedModel({ ...parts, loadMs, statistics: slot.statistics }, this.#hooks);
      const before = this.catalogue.serve(slot, served);
      before?.retire();
      if (before) replaced.add(before);
      return [{ served, change: before ? ('reloaded' as const) : ('loaded' as const), loadMs }];
    });
    // It was to be what an alias means, which is something else now.
    for (const slot of [...catalogue.slots(name)]) {
      if (slot.names.size === 0 && slot.failure && !slot.served && !slot.work) catalogue.forget(slot);
    }
    const gone = [...left].flatMap((slot) => (slot.names.size === 0 ? this.#takeOut(slot) : []));
    for (const { served, change, loadMs } of swaps) {
      const { name: model, version } = served;
      const { sha256 } = served.model.info;
      for (const message of served.warnings) this.#listeners.warn({ model, version, message });
      this.#listeners.progress({ model, version, stage: 'ready', elapsedMs: loadMs });
      this.#listeners.change({ model, version, change, sha256, durationMs: loadMs });
    }
    for (const { version } of gone) this.#listeners.change({ model: name, version, change: 'unloaded' });
    for (const move of moves) this.#listeners.change({ model: name, change: 'aliased', ...move });
    return { served: loads.flatMap(({ slot }) => slot.served ?? []), replaced: [...replaced, ...gone] };
  }

  /**
   * An alias that has moved to what is not up, and is not being loaded either, means what it did while that is up; and so does one
   * that is gone and that something is served by.
   */
  #stillMeant(loads: readonly Load[], aliases: Aliases): Aliases {
    const { catalogue } = this;
    const name = loads[0]?.found.name ?? '';
    const isUp = (version: string): boolean => catalogue.slot(name, version)?.served !== undefined;
    const isLoading = (version: string): boolean => loads.some(({ found }) => found.version === version);
    const before = catalogue.aliases(name);
    const followed = catalogue.slots(name).flatMap(followedBy);
    const gone = [...before].filter(([alias, was]) => !aliases.has(alias) && followed.includes(alias) && isUp(was));
    const meant = [...aliases].map(([alias, version]): [string, string] => {
      const was = before.get(alias);
      return [alias, was === undefined || !isUp(was) || isUp(version) || isLoading(version) ? version : was];
    });
    return new Map([...meant, ...gone]);
  }

  /**
   * Aliases mean what they mean from now on. Those that are followed wait for a load of their own.
   * @param loaded names of what has been loaded
   */
  #take(name: string, aliases: Aliases | undefined, loaded: readonly string[]): readonly AliasMove[] {
    if (!aliases) return [];
    const { catalogue } = this;
    const before = catalogue.aliases(name);
    const now = new Map(aliases);
    const followed = catalogue.slots(name).filter(({ wasUnloaded }) => !wasUnloaded);
    for (const alias of followed.flatMap(followedBy)) {
      const meant = before.get(alias);
      if (meant === undefined || loaded.includes(`@${alias}`) || !now.has(alias)) continue;
      now.set(alias, meant);
    }
    catalogue.alias(name, now);
    return [...new Set([...before.keys(), ...now.keys()])].flatMap((alias) => {
      const [was, is] = [before.get(alias), now.get(alias)];
      return was === is ? [] : { alias, version: is ?? '', ...(was !== undefined && { before: was }) };
    });
  }

  #takeOut(slot: Slot): ServedModel[] {
    const served = this.catalogue.serve(slot, undefined);
    Object.assign(slot, { failure: undefined, wasUnloaded: true, statistics: new Statistics() });
    if (!served) return [];
    slot.work = 'UNLOADING';
    served.retire();
    return [served];
  }

  /** Why a version is not up, or not anew. What nobody has is not kept, or callers could fill the index. */
  #keep(error: unknown, source: Source): void {
    const followed = this.catalogue.slots(source.name).find((slot) => followedBy(slot).includes(source.version ?? ''));
    // What an alias was to mean that nobody could say is what it means now.
    const known =
      this.catalogue.slot(source.name, source.version) ?? (source.file === undefined ? followed : undefined);
    const failure = failureOf(error);
    if (!known && isUnknown(failure)) return;
    const slot = known ?? this.catalogue.add(source, false);
    if (slot.names.size === 0 && source.alias === undefined) this.catalogue.name(slot, labelOf(source));
    slot.failure = failure;
    const { name: model, version = '' } = slot.source;
    this.#listeners.change({ model, version, change: 'failed', error });
  }

  async #drain(retired: readonly ServedModel[]): Promise<void> {
    await Promise.all(
      retired.map(async (served) => {
        const { name: model, version } = served;
        const began = performance.now();
        await this.drains.drain(served);
        const slot = this.catalogue.slot(model, version);
        // What began meanwhile says so itself.
        if (slot?.work === 'UNLOADING') slot.work = undefined;
        this.#listeners.change({ model, version, change: 'drained', durationMs: performance.now() - began });
      }),
    );
  }

  /** The registry's other versions are listed. */
  async #listOthers({ name, file }: Source): Promise<void> {
    if (file === undefined) this.catalogue.knows(name, await this.loader.versions(name));
  }
}
