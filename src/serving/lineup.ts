import { unlessAborted } from '../async/unless-aborted.js';
import { ModelRegistry } from '../registry/index.js';
import { Catalogue, failureOf, followedBy, isUnknown, labelOf, type Slot } from './catalogue.js';
import type { Change } from './changes.js';
import { Drains } from './drains.js';
import type { HostModel, Source } from './host-model.js';
import { twice, type HostChange, type HostLoadOptions, type HostOptions, type HostWarning } from './host-options.js';
import { bringUp, find, type Found, type LoadedServed, type LoadProgress } from './load-served.js';
import { LoadGate } from './load-gate.js';
import { noSuchModel } from './names.js';
import type { Quarantine } from './quarantine.js';
import { ServedModel, type ServedModelHooks } from './served-model.js';
import { sourcesToLoad } from './sources-to-load.js';
import { Statistics } from './statistics.js';

/** Who hears of what becomes of the models. */
export interface LineupListeners {
  progress(event: LoadProgress): void;
  change(event: HostChange): void;
  warn(event: HostWarning): void;
}

/** A version on its way up. */
interface Load {
  readonly found: Found;
  readonly slot: Slot;
  /** Nobody knew of it before. */
  readonly isNew: boolean;
  /** What it is to be served by. */
  readonly names: string[];
  /** It serves already, and is only called by further names. */
  readonly isUp: boolean;
}

/** A registry that somebody else has made may know no aliases. */
interface WithAliases {
  aliases?(name: string): Promise<ReadonlyMap<string, string>>;
}

interface Replacement {
  readonly name?: string;
  readonly beforeSwap: HostLoadOptions['beforeSwap'];
  /** What serves already is loaded again. */
  readonly anew: boolean;
}

type AliasMove = Pick<HostChange, 'alias' | 'version' | 'before'>;

interface Loaded {
  readonly parts: LoadedServed;
  readonly loadMs: number;
}

/** What serves in a host, and how that changes: each change is one step, however many versions it is of. */
export class Lineup {
  readonly catalogue = new Catalogue();
  readonly drains: Drains;
  readonly #options: HostOptions;
  readonly #hooks: ServedModelHooks;
  readonly #listeners: LineupListeners;
  readonly #gate: LoadGate;
  #registry: Promise<ModelRegistry> | undefined;

  constructor(
    options: HostOptions,
    hooks: Omit<ServedModelHooks, 'current' | 'aliases' | 'refuse'>,
    listeners: LineupListeners,
  ) {
    this.#options = options;
    const { catalogue } = this;
    this.#hooks = {
      ...hooks,
      current: (name, reference) => catalogue.find(name, reference),
      aliases: (name, version) =>
        [...catalogue.aliases(name)].flatMap(([alias, meant]) => (meant === version ? alias : [])),
      refuse: (name, reference) => catalogue.refuse(name, reference),
    };
    this.#listeners = listeners;
    this.#gate = new LoadGate({
      policy: options.policy,
      quarantineAfter: options.quarantineAfter,
      mayWrite: options.registry !== undefined,
      registry: () => this.registry(),
      warn: (event) => {
        listeners.warn(event);
      },
    });
    this.drains = new Drains(options.drainTimeoutMs, (event) => {
      listeners.warn(event);
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
      const aliases = await this.#aliasesOf(slot.source);
      const found = await this.#find(meantBy(slot.source, aliases), signal);
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
      this.#swap(loads, await this.#bringUp(loads, signal), aliases);
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
    beforeSwap?: HostLoadOptions['beforeSwap'],
  ): Promise<Change<readonly ServedModel[]>> {
    const sources = await sourcesToLoad(model, this.catalogue, () => this.registry());
    const aliases = await this.#aliasesOf(sources[0] as Source);
    return this.#replace(sources, aliases, signal, { beforeSwap, anew: true });
  }

  /**
   * Says what the aliases of a name mean from now on. What those that are followed mean anew is loaded first, beside what
   * serves; then all of it takes its place in one step, and what nothing names any more is taken out of service.
   * @throws ERR_MODEL_NOT_FOUND; why a version cannot be loaded: then everything is as it was
   */
  async setAliases(
    name: string,
    aliases: ReadonlyMap<string, string>,
    signal: AbortSignal,
    beforeSwap?: HostLoadOptions['beforeSwap'],
  ): Promise<Change<readonly ServedModel[]>> {
    const slots = this.catalogue.slots(name);
    if (slots.length === 0) throw noSuchModel(name);
    const sources = slots.flatMap((slot) =>
      followedBy(slot).flatMap((alias) => {
        const meant = aliases.get(alias);
        const isThere = slot.served !== undefined && slot.source.version === meant;
        return meant === undefined || isThere ? [] : { ...slot.source, alias: undefined, version: alias };
      }),
    );
    return this.#replace(sources, aliases, signal, { name, beforeSwap, anew: false });
  }

  /** What the registry says that aliases mean; undefined where it has none. */
  async readAliases(name: string): Promise<ReadonlyMap<string, string> | undefined> {
    const registry: object = await this.registry();
    return (registry as WithAliases).aliases?.(name);
  }

  async #replace(
    sources: readonly Source[],
    aliases: ReadonlyMap<string, string> | undefined,
    signal: AbortSignal,
    { name, beforeSwap, anew }: Replacement,
  ): Promise<Change<readonly ServedModel[]>> {
    const loads: Load[] = [];
    let loaded: readonly (Loaded | undefined)[];
    let current: Source | undefined;
    try {
      for (const source of sources) {
        current = meantBy(source, aliases);
        this.#begin(await this.#find(current, signal), loads, anew);
        await this.#listOthers(source);
      }
      loaded = await this.#bringUp(loads, signal, beforeSwap);
    } catch (thrown) {
      const { error, source } = thrown instanceof FailedLoad ? thrown : { error: thrown, source: current };
      for (const { slot } of loads) slot.work = undefined;
      if (source && !signal.aborted) this.#keep(error, source);
      for (const { slot, isNew } of loads) if (isNew && !slot.failure) this.catalogue.forget(slot);
      this.catalogue.prune();
      throw error;
    }
    const { served, replaced } = this.#swap(loads, loaded, aliases, name);
    return { result: served, end: this.#drain(replaced).finally(() => this.catalogue.prune()) };
  }

  /** Takes versions out of service. The promise is their end; it never rejects. */
  async unload(slots: readonly Slot[]): Promise<void> {
    const taken = slots.flatMap((slot) => this.#takeOut(slot));
    for (const { name: model, version } of taken) this.#listeners.change({ model, version, change: 'unloaded' });
    await this.#drain(taken);
    this.catalogue.prune();
  }

  get quarantine(): Quarantine {
    return this.#gate.quarantine;
  }

  async #find(source: Source, signal: AbortSignal): Promise<Found> {
    const found = await find(source, () => this.registry());
    signal.throwIfAborted();
    return found;
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

  /** @throws FailedLoad for one that cannot be loaded; nothing stays loaded */
  async #bringUp(
    loads: readonly Load[],
    signal: AbortSignal,
    beforeSwap?: HostLoadOptions['beforeSwap'],
  ): Promise<readonly (Loaded | undefined)[]> {
    const { warmupBatchSizes } = this.#options;
    const progress = (event: LoadProgress): void => {
      this.#listeners.progress(event);
    };
    const loaded: (Loaded | undefined)[] = [];
    try {
      for (const { found, isUp } of loads) {
        if (isUp) {
          loaded.push(undefined);
          continue;
        }
        const began = performance.now();
        const digests = await this.#gate.pass(found);
        const parts = await this.#watched(found, signal, () =>
          bringUp(found, { digests, warmupBatchSizes, signal, progress }),
        );
        loaded.push({ parts, loadMs: performance.now() - began });
      }
      if (beforeSwap) await unlessAborted(signal, Promise.resolve().then(beforeSwap));
      signal.throwIfAborted();
      return loaded;
    } catch (error) {
      await this.drains.disposeAll(loaded.flatMap((each) => each?.parts ?? []));
      throw new FailedLoad(error, loads[Math.min(loaded.length, loads.length - 1)]?.found.source);
    }
  }

  /** What fails again and again is put into quarantine. */
  async #watched<T>(found: Found, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await work();
    } catch (error) {
      if (!signal.aborted) await this.#gate.quarantine.failed(found, error);
      throw error;
    }
    await this.#gate.quarantine.succeeded(found);
    return result;
  }

  /** Puts what was loaded into its places. Nothing is awaited here. */
  #swap(
    loads: readonly Load[],
    loaded: readonly (Loaded | undefined)[],
    aliases: ReadonlyMap<string, string> | undefined,
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
      const served = new ServedModel({ ...parts, statistics: slot.statistics }, this.#hooks);
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
   * Aliases mean what they mean from now on. Those that are followed wait for a load of their own.
   * @param loaded names of what has been loaded
   */
  #take(
    name: string,
    aliases: ReadonlyMap<string, string> | undefined,
    loaded: readonly string[],
  ): readonly AliasMove[] {
    if (!aliases) return [];
    const { catalogue } = this;
    const before = catalogue.aliases(name);
    const now = new Map(aliases);
    for (const alias of catalogue.slots(name).flatMap(followedBy)) {
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
    const known = this.catalogue.slot(source.name, source.version);
    const failure = failureOf(error);
    if (!known && isUnknown(failure)) return;
    const slot = known ?? this.catalogue.add(source, false);
    if (slot.names.size === 0 && source.alias === undefined) this.catalogue.name(slot, labelOf(source));
    slot.failure = failure;
    const { name: model, version = '' } = source;
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

  /** That they cannot be read is no reason to load nothing: what is named by an alias says so itself. */
  async #aliasesOf({ name, file, aliases }: Source): Promise<ReadonlyMap<string, string> | undefined> {
    if (file !== undefined || aliases) return aliases;
    return await this.readAliases(name).catch(() => undefined);
  }

  /** The registry's other versions are listed. That it cannot say them is no reason to load nothing: the load itself says what is wrong. */
  async #listOthers({ name, file }: Source): Promise<void> {
    if (file !== undefined) return;
    try {
      this.catalogue.knows(name, await (await this.registry()).versions(name));
    } catch {
      this.catalogue.knows(name, []);
    }
  }

  /** @throws as ModelRegistry.open */
  registry(): Promise<ModelRegistry> {
    const { registry } = this.#options;
    if (registry) return Promise.resolve(registry);
    this.#registry ??= ModelRegistry.open();
    // What is not there now may be there at the next load.
    this.#registry.catch(() => (this.#registry = undefined));
    return this.#registry;
  }
}

/** A source by the version that its alias means. */
function meantBy(source: Source, aliases: ReadonlyMap<string, string> | undefined): Source {
  const { file, version } = source;
  const meant = file === undefined && version !== undefined ? aliases?.get(version) : undefined;
  return meant === undefined ? source : { ...source, version: meant, alias: version };
}

/** Which of several loads has failed, and why. It does not leave this file. */
class FailedLoad extends Error {
  constructor(
    readonly error: unknown,
    readonly source: Source | undefined,
  ) {
    super('A load has failed', { cause: error });
  }
}
