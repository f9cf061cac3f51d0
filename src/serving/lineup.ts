import { unlessAborted } from '../async/unless-aborted.js';
import { ModelRegistry } from '../registry/index.js';
import { Catalogue, failureOf, isUnknown, type Slot } from './catalogue.js';
import type { Change } from './changes.js';
import { Drains } from './drains.js';
import type { HostModel, Source } from './host-model.js';
import { twice, type HostChange, type HostLoadOptions, type HostOptions, type HostWarning } from './host-options.js';
import { bringUp, find, type Found, type LoadedServed, type LoadProgress } from './load-served.js';
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
}

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
  #registry: Promise<ModelRegistry> | undefined;

  constructor(options: HostOptions, hooks: Omit<ServedModelHooks, 'current'>, listeners: LineupListeners) {
    this.#options = options;
    this.#hooks = { ...hooks, current: (name, version) => this.catalogue.slot(name, version)?.served };
    this.#listeners = listeners;
    this.drains = new Drains(options.drainTimeoutMs, (event) => {
      listeners.warn(event);
    });
  }

  /**
   * Loads one of those that the host was opened with.
   * @param goesOn the host does so without it: its slot keeps why it failed
   * @throws why it cannot be loaded
   */
  async start(slot: Slot, signal: AbortSignal, goesOn: boolean): Promise<void> {
    try {
      const found = await this.#find(slot.source, signal);
      const other = this.catalogue.slot(found.name, found.version);
      if (other && other !== slot) throw twice(found);
      slot.source = found.source;
      await this.#listOthers(found.source);
      const loads = [{ found, slot, isNew: false }];
      this.#swap(loads, await this.#bringUp(loads, signal));
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
    const sources = await sourcesToLoad(model, this.catalogue, () => this.#openRegistry());
    const loads: Load[] = [];
    let loaded: readonly Loaded[];
    let current: Source | undefined;
    try {
      for (const source of sources) {
        current = source;
        loads.push(this.#begin(await this.#find(source, signal)));
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
    const { served, replaced } = this.#swap(loads, loaded);
    this.catalogue.prune();
    return { result: served, end: this.#drain(replaced) };
  }

  /** Takes versions out of service. The promise is their end; it never rejects. */
  async unload(slots: readonly Slot[]): Promise<void> {
    const leaving = slots.filter(({ served }) => served);
    const taken = slots.flatMap((slot) => {
      const served = this.catalogue.serve(slot, undefined);
      Object.assign(slot, { failure: undefined, wasUnloaded: true, statistics: new Statistics() });
      if (!served) return [];
      slot.work = 'UNLOADING';
      served.retire();
      return [served];
    });
    for (const { name: model, version } of taken) this.#listeners.change({ model, version, change: 'unloaded' });
    await this.#drain(taken);
    // What began meanwhile says so itself.
    for (const slot of leaving) if (slot.work === 'UNLOADING') slot.work = undefined;
    this.catalogue.prune();
  }

  async #find(source: Source, signal: AbortSignal): Promise<Found> {
    const found = await find(source, () => this.#openRegistry());
    signal.throwIfAborted();
    return found;
  }

  #begin(found: Found): Load {
    const { catalogue } = this;
    // One whose version nobody could say has one now.
    const known = catalogue.slot(found.name, found.version) ?? catalogue.slot(found.name, undefined);
    const slot = known ?? catalogue.add(found.source, false);
    if (slot.source.version === undefined) slot.source = found.source;
    slot.work = 'LOADING';
    return { found, slot, isNew: !known };
  }

  /** @throws FailedLoad for one that cannot be loaded; nothing stays loaded */
  async #bringUp(
    loads: readonly Load[],
    signal: AbortSignal,
    beforeSwap?: HostLoadOptions['beforeSwap'],
  ): Promise<readonly Loaded[]> {
    const { warmupBatchSizes } = this.#options;
    const progress = (event: LoadProgress): void => {
      this.#listeners.progress(event);
    };
    const loaded: Loaded[] = [];
    try {
      for (const { found } of loads) {
        const began = performance.now();
        const parts = await bringUp(found, { warmupBatchSizes, signal, progress });
        loaded.push({ parts, loadMs: performance.now() - began });
      }
      if (beforeSwap) await unlessAborted(signal, Promise.resolve().then(beforeSwap));
      signal.throwIfAborted();
      return loaded;
    } catch (error) {
      await this.drains.disposeAll(loaded.map(({ parts }) => parts));
      const { found } = loads[Math.min(loaded.length, loads.length - 1)] as Load;
      throw new FailedLoad(error, found.source);
    }
  }

  /** Puts what was loaded into its places. Nothing is awaited here. */
  #swap(loads: readonly Load[], loaded: readonly Loaded[]) {
    const replaced = new Set<ServedModel>();
    const swaps = loads.map(({ found, slot }, i) => {
      const { parts, loadMs } = loaded[i] as Loaded;
      Object.assign(slot, { source: found.source, work: undefined, failure: undefined, wasUnloaded: false });
      const served = new ServedModel({ ...parts, statistics: slot.statistics }, this.#hooks);
      const before = this.catalogue.serve(slot, served);
      before?.retire();
      if (before) replaced.add(before);
      return { served, change: before ? ('reloaded' as const) : ('loaded' as const), loadMs };
    });
    for (const { served, change, loadMs } of swaps) {
      const { name: model, version } = served;
      const { sha256 } = served.model.info;
      for (const message of served.warnings) this.#listeners.warn({ model, version, message });
      this.#listeners.progress({ model, version, stage: 'ready', elapsedMs: loadMs });
      this.#listeners.change({ model, version, change, sha256, durationMs: loadMs });
    }
    return { served: swaps.map(({ served }) => served), replaced: [...replaced] };
  }

  /** Why a version is not up, or not anew. What nobody has is not kept, or callers could fill the index. */
  #keep(error: unknown, source: Source): void {
    const known = this.catalogue.slot(source.name, source.version);
    const failure = failureOf(error);
    if (!known && isUnknown(failure)) return;
    (known ?? this.catalogue.add(source, false)).failure = failure;
    const { name: model, version = '' } = source;
    this.#listeners.change({ model, version, change: 'failed', error });
  }

  async #drain(retired: readonly ServedModel[]): Promise<void> {
    await Promise.all(
      retired.map(async (served) => {
        const { name: model, version } = served;
        const began = performance.now();
        await this.drains.drain(served);
        this.#listeners.change({ model, version, change: 'drained', durationMs: performance.now() - began });
      }),
    );
  }

  /** The registry's other versions are listed. That it cannot say them is no reason to load nothing: the load itself says what is wrong. */
  async #listOthers({ name, file }: Source): Promise<void> {
    if (file !== undefined) return;
    try {
      this.catalogue.knows(name, await (await this.#openRegistry()).versions(name));
    } catch {
      this.catalogue.knows(name, []);
    }
  }

  #openRegistry(): Promise<ModelRegistry> {
    const { registry } = this.#options;
    if (registry) return Promise.resolve(registry);
    this.#registry ??= ModelRegistry.open();
    // What is not there now may be there at the next load.
    this.#registry.catch(() => (this.#registry = undefined));
    return this.#registry;
  }
}

/** Which of several loads has failed, and why. It does not leave this file. */
class FailedLoad extends Error {
  constructor(
    readonly error: unknown,
    readonly source: Source,
  ) {
    super('A load has failed', { cause: error });
  }
}
