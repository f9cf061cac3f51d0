import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { onAbort } from '../async/ticket.js';
import * as check from '../check.js';
import { describe, expected, torchError, warnOf } from '../errors.js';
import { deviceFailures, startedAddon, type DeviceFailure } from '../engines/runtime.js';
import { ModelRegistry } from '../registry/index.js';
import { Catalogue, failureOf, type FailedModel, type HostIndexEntry, type Slot } from './catalogue.js';
import { Changes, type Change } from './changes.js';
import { Drains } from './drains.js';
import {
  checkBatchSizes,
  checkHostModel,
  checkHostModels,
  sourcesOf,
  type HostModel,
  type Source,
} from './host-model.js';
import { bringUp, find, type Found, type LoadedServed, type LoadProgress } from './load-served.js';
import { sourcesToLoad } from './sources-to-load.js';
import { Statistics } from './statistics.js';
import {
  ServedModel,
  type RunEvent,
  type ServedBatchEvent,
  type ServedModelHooks,
  type ServedRowCheckEvent,
} from './served-model.js';

export interface HostOptions {
  /** Default: the registry bundled with this package. */
  registry?: ModelRegistry;
  /** Several may have one name, with other versions: the first that is up is the default of that name. */
  models: readonly HostModel[];
  /** The name that `model()` without one means. Default: the first of `models`. */
  defaultModel?: string;
  /** Batch sizes each model is run with before the host is ready. Default: those that its batching makes, else [1, 32]. */
  warmupBatchSizes?: readonly number[];
  /**
   * What a model that cannot be loaded at the start does: `fail` (default) ends the host, `continue` leaves it out; `failed()`
   * and `index()` then name it.
   */
  onModelError?: 'fail' | 'continue';
  /**
   * Milliseconds that the calls of a model that was unloaded or replaced have for their end, default 60 000. Calls that still
   * wait for an instance then fail with ERR_DISPOSED; those that run are let finish in any case.
   */
  drainTimeoutMs?: number;
}

/** `loading` → `ready` → `draining` → `closed`; a load that fails goes to `closed` at once. */
export type HostState = 'loading' | 'ready' | 'draining' | 'closed';

export interface HostEvents {
  /** A call of a model has ended, well or not. */
  run: [event: RunEvent];
  /** A batch has ended, of a model that batches. */
  batch: [event: ServedBatchEvent];
  /** The load of a model has come to its next step. */
  progress: [event: LoadProgress];
  /** Something is worth knowing of a model that is up. Without a listener it is a warning of the process. */
  warning: [event: HostWarning];
  /** A row of a batch was run again by itself, of a model that batches. */
  rows: [event: ServedRowCheckEvent];
  /** A version was loaded, replaced or unloaded, or could not be loaded. */
  change: [event: HostChange];
}

/** What became of one version of a model. */
export interface HostChange {
  readonly model: string;
  /** Empty where the registry could not say which. */
  readonly version: string;
  /**
   * `loaded`: it takes calls. `reloaded`: so does what has taken the place of another. `unloaded`: it takes no more calls.
   * `drained`: what was unloaded or replaced is gone. `failed`: a load failed, and what served before, if anything, still does.
   */
  readonly change: 'loaded' | 'reloaded' | 'unloaded' | 'drained' | 'failed';
  /** Of the artifact that was loaded. */
  readonly sha256?: string;
  /** Why the load failed. */
  readonly error?: unknown;
  /** Milliseconds that the load, or the wait for the last call, took. */
  readonly durationMs?: number;
}

export interface ChangeOptions {
  /** Ends the load, or the wait for calls in flight. */
  signal?: AbortSignal;
}

export interface HostLoadOptions extends ChangeOptions {
  /**
   * Called once everything is up and warm, before anything takes its place; what it throws ends the load as a failed one does.
   * With it several processes load together or not at all. After an abort its promise is waited for no longer.
   */
  beforeSwap?: () => void | Promise<void>;
}

export interface HostWarning {
  readonly model: string;
  readonly version: string;
  readonly message: string;
}

/** Models that are loaded, checked and warmed up, that change while others are called, and that are drained together. */
export class ModelHost implements AsyncDisposable {
  /** Resolves when every model is up, rejects with the reason when one is not (see `onModelError`). It may be left unread. */
  readonly ready: Promise<void>;
  readonly defaultModel: string;
  #state: HostState = 'loading';
  readonly #options: HostOptions;
  readonly #catalogue = new Catalogue();
  readonly #changes = new Changes();
  readonly #drains: Drains;
  readonly #events = new EventEmitter<HostEvents>();
  readonly #loading = new AbortController();
  readonly #hooks: ServedModelHooks;
  #registry: Promise<ModelRegistry> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: HostOptions) {
    check.options('ModelHost', options, hostOptions);
    const { models, registry, warmupBatchSizes, onModelError, drainTimeoutMs } = options;
    checkHostModels(models);
    if (warmupBatchSizes !== undefined) checkBatchSizes('warmupBatchSizes', warmupBatchSizes);
    if (onModelError !== undefined) check.oneOf('onModelError', onModelError, ['fail', 'continue']);
    if (drainTimeoutMs !== undefined) check.milliseconds('drainTimeoutMs', drainTimeoutMs);
    if (registry !== undefined && !isRegistry(registry)) {
      throw expected('a ModelRegistry', 'registry of ModelHost', registry);
    }
    const sources = models.flatMap(sourcesOf);
    for (const source of sources) {
      if (this.#catalogue.slot(source.name, source.version)) throw twice(source);
      this.#catalogue.add(source, true).work = 'LOADING';
    }
    const names = [...new Set(sources.map(({ name }) => name))];
    const chosen = options.defaultModel ?? names[0];
    if (chosen === undefined || !names.includes(chosen)) {
      throw torchError(
        'ERR_CONFIG',
        `Expected one of the models (${names.join(', ')}) for defaultModel but received ${describe(chosen)}`,
      );
    }
    this.defaultModel = chosen;
    this.#options = options;
    this.#hooks = this.#makeHooks();
    this.#drains = new Drains(drainTimeoutMs, (event) => {
      this.#warn(event);
    });
    this.ready = this.#start();
    // A server that listens before the models are up asks `state`; a failed load must not end the process unhandled.
    this.ready.catch(() => {});
  }

  /**
   * Loads the models one after the other and warms them up.
   * @throws what loadModel, the registry and warm-up throw, naming the model; those already loaded are disposed
   *
   * @example
   * await using host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 32 } }] });
   * const { rows } = await host.model().predict(image, { topK: 3 });
   */
  static async open(options: HostOptions): Promise<ModelHost> {
    const host = ModelHost.start(options);
    await host.ready;
    return host;
  }

  /** As `open`, but returns at once, in state `loading`; `ready` tells the end. @throws ERR_CONFIG */
  static start(options: HostOptions): ModelHost {
    return new ModelHost(options);
  }

  get state(): HostState {
    return this.#state;
  }

  /** Every model that is up, in the order of the options; those that were loaded later follow. */
  list(): readonly ServedModel[] {
    return [...this.#catalogue.served()];
  }

  /**
   * Every version that is known: those that are or were to be served, and the registry's other versions of their names. A
   * version that is being replaced is READY all the time; after a load that failed it is so too, and says why.
   */
  index(): readonly HostIndexEntry[] {
    return this.#catalogue.index();
  }

  /** The versions that were to be served and are not, because their last load failed. */
  failed(): readonly FailedModel[] {
    return this.#catalogue.failed();
  }

  /**
   * A model by name (default: `defaultModel`) and version (default: the first of its versions that is up).
   * @throws ERR_NOT_READY while loading, ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND
   */
  model(name: string = this.defaultModel, version?: string): ServedModel {
    if (this.#state === 'loading') throw torchError('ERR_NOT_READY', 'The models are still being loaded');
    const versions = this.#catalogue.versions(name);
    const found = version === undefined ? versions[0] : versions.find((served) => served.version === version);
    return found ?? this.#catalogue.refuse(name, version);
  }

  /**
   * Loads a model beside what serves, warms it up, and then puts it in the place of what has served its name and version, if
   * anything has: new calls go to the new one, those in flight on the old one end, and then that is disposed. With several
   * versions all of them take their places, or none. Loads and unloads of one name wait for each other.
   *
   * `{ name }` alone reloads what the host knows by that name, from where it came and with the options that it had; those that
   * are given count more. A name that it does not know is looked up in the registry.
   * @returns what serves now, once what it replaced is gone or its time is over (`drainTimeoutMs`)
   * @throws what loadModel, the registry and warm-up throw: what has served goes on, and `index()` tells; ERR_MODEL_NOT_FOUND for a
   * name that nobody knows; ERR_DRAINING once the host closes; ERR_QUEUE_FULL; `signal.reason`
   *
   * @example
   * const [served] = await host.load({ file: 'model.pt', name: 'scores', version: '2' });
   * await host.load({ name: 'scores' }); // the file has changed
   */
  async load(model: HostModel, options: HostLoadOptions = {}): Promise<readonly ServedModel[]> {
    checkHostModel(model);
    checkChangeOptions('load', options, ['beforeSwap']);
    const { beforeSwap } = options;
    if (beforeSwap !== undefined && typeof beforeSwap !== 'function') {
      throw expected('a function', 'beforeSwap', beforeSwap);
    }
    return this.#change((sourcesOf(model)[0] as Source).name, options, async (signal) => {
      const sources = await sourcesToLoad(model, this.#catalogue, () => this.#openRegistry());
      return this.#bringIn(sources, signal, { beforeSwap });
    });
  }

  /**
   * Takes a model out of service: new calls are refused with ERR_MODEL_NOT_FOUND, those in flight end, and it is disposed. One
   * that is not up stays as it is. The default model may be unloaded too.
   * @param version default: all versions of the name
   * @throws ERR_MODEL_NOT_FOUND or ERR_VERSION_NOT_FOUND for what the host does not know; ERR_DRAINING once the host closes;
   * ERR_QUEUE_FULL; `signal.reason` before its turn has come
   */
  async unload(name: string, version?: string, options: ChangeOptions = {}): Promise<void> {
    check.text('name of unload', name);
    if (version !== undefined) check.text('version of unload', version);
    checkChangeOptions('unload', options);
    await this.#change(name, options, () => {
      const slots = this.#catalogue.slotsToUnload(name, version);
      return Promise.resolve({ result: undefined, end: this.#takeOut(slots) });
    });
  }

  /** Calls that have begun and not ended, over all models. */
  get inFlight(): number {
    const served = this.list().reduce((sum, { inFlight }) => sum + inFlight, 0);
    return served + this.#drains.inFlight;
  }

  /** The devices of this host's models that have failed: only a restart of the process brings them back. */
  deviceFailures(): readonly DeviceFailure[] {
    const used = new Set(this.list().map(({ model }) => model.info.device.device));
    return deviceFailures().filter(({ device }) => used.has(device));
  }

  /**
   * Reads an array of plain numbers from the bytes of a JSON text, as the addon does it.
   * @param begin index of the bracket that opens it
   * @param out filled with the numbers, rounded to float32; at least half as long as the bytes
   * @param found filled with the index behind the array, and the least and the greatest number before rounding
   * @returns how many numbers; 0 for anything else, and while the addon is not loaded: then `JSON.parse` knows what it is
   * @internal
   */
  parseNumbers(bytes: Uint8Array, begin: number, out: Float32Array, found: Float64Array): number {
    return startedAddon()?.addon.parseNumbers(bytes, begin, out, found) ?? 0;
  }

  on<K extends keyof HostEvents>(event: K, listener: (...args: HostEvents[K]) => void): this {
    this.#events.on(event, listener as never);
    return this;
  }

  off<K extends keyof HostEvents>(event: K, listener: (...args: HostEvents[K]) => void): this {
    this.#events.off(event, listener as never);
    return this;
  }

  /** Refuses new calls with ERR_DRAINING, waits for those in flight, disposes every model. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #makeHooks(): ServedModelHooks {
    return {
      admit: () => {
        this.#admit();
      },
      ended: (event: RunEvent) => {
        this.#emit('run', event);
      },
      batch: (event: ServedBatchEvent) => {
        this.#emit('batch', event);
      },
      rows: (event: ServedRowCheckEvent) => {
        this.#emit('rows', event);
      },
      warn: (event: HostWarning) => {
        this.#warn(event);
      },
      current: (name, version) => this.#catalogue.slot(name, version)?.served,
    };
  }

  async #start(): Promise<void> {
    const { signal } = this.#loading;
    try {
      // Whoever follows the host listens from the first step on.
      await turn();
      signal.throwIfAborted();
      for (const slot of [...this.#catalogue.all()]) {
        try {
          await this.#bringIn([slot.source], signal, { only: slot });
        } catch (error) {
          if (this.#options.onModelError !== 'continue' || signal.aborted) throw error;
        }
        // close() may have been called since the model came up.
        signal.throwIfAborted();
      }
      this.#state = 'ready';
    } catch (error) {
      await this.#dispose();
      throw error;
    }
  }

  /** One change of a name, when its turn has come. The end of the host ends it too. */
  async #change<T>(
    name: string,
    { signal }: ChangeOptions,
    work: (signal: AbortSignal) => Promise<Change<T>>,
  ): Promise<T> {
    const both = new AbortController();
    const unfollow = [signal, this.#loading.signal].map((each) => {
      if (each?.aborted) both.abort(each.reason);
      return each ? onAbort(each, () => both.abort(each.reason)) : () => undefined;
    });
    try {
      return await this.#changes.run(name, both.signal, async () => {
        // Loads that come before the start is over come after it.
        await this.ready;
        both.signal.throwIfAborted();
        return work(both.signal);
      });
    } finally {
      for (const end of unfollow) end();
    }
  }

  /**
   * Loads versions beside what serves, and then puts all of them into their places, or none.
   * @param options `only`: the slot of the only source, at the start
   */
  async #bringIn(
    sources: readonly Source[],
    signal: AbortSignal,
    { only, beforeSwap }: { only?: Slot; beforeSwap?: HostLoadOptions['beforeSwap'] },
  ): Promise<Change<readonly ServedModel[]>> {
    const loads: { readonly found: Found; readonly slot: Slot; readonly isNew: boolean }[] = [];
    const fresh: { readonly parts: LoadedServed; readonly loadMs: number }[] = [];
    let current: Source | undefined;
    try {
      for (current of sources) {
        const found = await find(current, () => this.#openRegistry());
        signal.throwIfAborted();
        const known = this.#catalogue.slot(found.name, found.version);
        if (only && known && known !== only) throw twice(found.source);
        const slot = only ?? known ?? this.#catalogue.add(found.source, false);
        if (only) only.source = found.source;
        slot.work = 'LOADING';
        loads.push({ found, slot, isNew: slot !== only && slot !== known });
        if (current.file === undefined) await this.#listOthers(found.name);
      }
      for (const { found } of loads) {
        current = found.source;
        const began = performance.now();
        const { warmupBatchSizes } = this.#options;
        const progress = (event: LoadProgress): void => {
          this.#emit('progress', event);
        };
        const parts = await bringUp(found, { warmupBatchSizes, signal, progress });
        fresh.push({ parts, loadMs: performance.now() - began });
      }
      if (beforeSwap) await unlessAborted(signal, beforeSwap);
      signal.throwIfAborted();
    } catch (error) {
      for (const { slot } of loads) slot.work = undefined;
      if (only) only.work = undefined;
      await this.#drains.disposeAll(fresh.map(({ parts }) => parts));
      this.#failed(error, signal.aborted ? undefined : current, only);
      for (const { slot, isNew } of loads) {
        if (isNew && !slot.served && !slot.failure) this.#catalogue.forget(slot);
      }
      this.#catalogue.prune();
      throw error;
    }
    // Nothing is awaited from here on: all take their places at once.
    const replaced: ServedModel[] = [];
    const served = loads.map(({ found, slot }, i) => {
      const { parts } = fresh[i] as (typeof fresh)[number];
      Object.assign(slot, { source: found.source, work: undefined, failure: undefined, wasUnloaded: false });
      const made = new ServedModel({ ...parts, statistics: slot.statistics }, this.#hooks);
      const before = this.#catalogue.serve(slot, made);
      before?.retire();
      if (before) replaced.push(before);
      return made;
    });
    for (const [i, { name: model, version, warnings, model: loaded }] of served.entries()) {
      const { loadMs } = fresh[i] as (typeof fresh)[number];
      for (const message of warnings) this.#warn({ model, version, message });
      this.#emit('progress', { model, version, stage: 'ready', elapsedMs: loadMs });
      const isReload = replaced.some((old) => old.version === version);
      this.#emit('change', {
        ...{ model, version, change: isReload ? 'reloaded' : 'loaded' },
        ...{ sha256: loaded.info.sha256, durationMs: loadMs },
      });
    }
    return { result: served, end: this.#drain(replaced) };
  }

  /** Keeps why a version is not up, or not anew. @param source undefined for an abort, which is nobody's fault */
  #failed(error: unknown, source: Source | undefined, only: Slot | undefined): void {
    if (!source) return;
    const failure = failureOf(error);
    const isUnknown = failure.code === 'ERR_MODEL_NOT_FOUND' || failure.code === 'ERR_VERSION_NOT_FOUND';
    const slot = only ?? this.#catalogue.slot(source.name, source.version);
    // What nobody has is not listed, or callers could fill the list.
    if (!slot && isUnknown) return;
    (slot ?? this.#catalogue.add(source, false)).failure = failure;
    const { name: model, version = '' } = only?.source ?? source;
    this.#emit('change', { model, version, change: 'failed', error });
  }

  /** Takes versions out of service. The promise is their end. */
  #takeOut(slots: readonly Slot[]): Promise<void> {
    const taken = slots.flatMap((slot) => {
      const served = this.#catalogue.serve(slot, undefined);
      Object.assign(slot, { failure: undefined, wasUnloaded: true, statistics: new Statistics() });
      if (!served) return [];
      slot.work = 'UNLOADING';
      served.retire();
      return [served];
    });
    for (const { name: model, version } of taken) this.#emit('change', { model, version, change: 'unloaded' });
    return this.#drain(taken).then(() => {
      for (const slot of slots) slot.work = undefined;
      this.#catalogue.prune();
    });
  }

  async #drain(retired: readonly ServedModel[]): Promise<void> {
    await Promise.all(
      retired.map(async (served) => {
        const { name: model, version } = served;
        const began = performance.now();
        await this.#drains.drain(served);
        this.#emit('change', { model, version, change: 'drained', durationMs: performance.now() - began });
      }),
    );
  }

  /** The registry's other versions are listed. That it cannot say them is no reason to load nothing. */
  async #listOthers(name: string): Promise<void> {
    try {
      this.#catalogue.knows(name, await (await this.#openRegistry()).versions(name));
    } catch {
      // The load itself says what is wrong with the registry.
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

  async #close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'draining';
    this.#loading.abort(draining());
    await this.ready.catch(() => {});
    await this.#changes.idle();
    await Promise.all(this.list().map((served) => served.idle()));
    await this.#drains.idle();
    await this.#dispose();
  }

  async #dispose(): Promise<void> {
    const results = await Promise.allSettled(this.list().map(({ model }) => model.dispose()));
    this.#state = 'closed';
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #admit(): void {
    if (this.#state === 'ready') return;
    throw this.#state === 'loading' ? torchError('ERR_NOT_READY', 'The models are still being loaded') : draining();
  }

  #warn(event: HostWarning): void {
    if (this.#events.listenerCount('warning') > 0) return this.#emit('warning', event);
    process.emitWarning(`${event.model} ${event.version}: ${event.message}`, 'NodeLibtorchWarning');
  }

  #emit<K extends keyof HostEvents>(name: K, ...event: HostEvents[K]): void {
    try {
      this.#events.emit(name, ...(event as never));
    } catch (error) {
      // A broken listener is no reason to lose a prediction.
      warnOf(error);
    }
  }
}

function isRegistry(registry: unknown): boolean {
  const { resolve, artifactPath } = (registry ?? {}) as Partial<Record<'resolve' | 'artifactPath', unknown>>;
  return typeof resolve === 'function' && typeof artifactPath === 'function';
}

const hostOptions = ['registry', 'models', 'defaultModel', 'warmupBatchSizes', 'onModelError', 'drainTimeoutMs'];

/** @throws what `work` throws, or `signal.reason` as soon as it is there */
function unlessAborted(signal: AbortSignal, work: () => void | Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const unfollow = onAbort(signal, () => {
      reject(signal.reason as Error);
    });
    Promise.resolve().then(work).then(resolve, reject).finally(unfollow);
  });
}

function checkChangeOptions(where: string, options: unknown, more: readonly string[] = []): void {
  check.options(where, options, ['signal', ...more]);
  check.signal((options as ChangeOptions).signal);
}

function twice({ name, version }: Source) {
  const what = version === undefined ? describe(name) : `${describe(name)} ${version}`;
  return torchError('ERR_CONFIG', `Expected each version of each model name once but received ${what} twice`);
}

function draining() {
  return torchError('ERR_DRAINING', 'Expected a running host but it is shutting down');
}
