import { setImmediate as turn } from 'node:timers/promises';
import * as check from '../check.js';
import { torchError } from '../errors.js';
import type { ModelRegistry } from '../registry/index.js';
import { deviceFailures, startedAddon, type DeviceFailure } from '../engines/runtime.js';
import type { FailedModel, HostIndexEntry } from './catalogue.js';
import type { Canaries } from './canary/canaries.js';
import type { CanaryOptions, CanaryReport, SplitOptions } from './canary/options.js';
import type { Change } from './changes.js';
import { checkAliases, checkHostModel, sourcesOf, type HostModel, type Source } from './host-model.js';
import {
  checkAliasOptions,
  checkChangeOptions,
  checkHostOptions,
  checkLoadOptions,
  checkSplit,
  type ChangeOptions,
  type HostChange,
  type HostEvents,
  type HostLoadOptions,
  type HostOptions,
  type HostWarning,
} from './host-options.js';
import { Lineup } from './lineup.js';
import { FailedElsewhere } from './loader.js';
import { checkListener, hostListeners } from './listeners.js';
import type { Quarantined } from './quarantine.js';
import type { ServedModel, ServedModelHooks } from './served-model.js';
import type { ServedBatchEvent } from './served-queue.js';
import { Turns } from './turns.js';

/** `loading` → `ready` → `draining` → `closed`; a load that fails goes to `closed` at once. */
export type HostState = 'loading' | 'ready' | 'draining' | 'closed';

/** Models that are loaded, checked and warmed up, that change while others are called, and that are drained together. */
export class ModelHost implements AsyncDisposable {
  /** Resolves when every model is up, rejects with the reason when one is not (see `onModelError`). It may be left unread. */
  readonly ready: Promise<void>;
  readonly defaultModel: string;
  #state: HostState = 'loading';
  readonly #goesOn: boolean;
  readonly #lineup: Lineup;
  /** Canary releases, once there was one. @internal */
  canaries: Canaries | undefined;
  readonly #listeners = hostListeners();
  readonly #turns: Turns;
  #closing: Promise<void> | undefined;

  private constructor(options: HostOptions) {
    const { sources, defaultModel } = checkHostOptions(options);
    this.defaultModel = defaultModel;
    this.#goesOn = options.onModelError === 'continue';
    this.#lineup = this.#makeLineup(options);
    this.#turns = new Turns({
      started: () => this.ready.catch(() => {}),
      requireOpen: () => {
        this.#requireOpen();
      },
    });
    for (const source of sources) this.#lineup.expect(source);
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
    return this.#lineup.catalogue.served();
  }

  /**
   * Every version that is known: those that are or were to be served, and the registry's other versions of their names. A
   * version that is being replaced is READY all the time; after a load that failed it is so too, and says why.
   */
  index(): readonly HostIndexEntry[] {
    const all = this.#lineup.catalogue.index();
    const others = ofState[this.#state];
    return others ? all.map((entry) => (entry.state === 'READY' ? { ...entry, ...others } : entry)) : all;
  }

  /** The versions that were to be served and are not, because their last load failed. */
  failed(): readonly FailedModel[] {
    return this.#lineup.catalogue.failed();
  }

  /**
   * A model by name (default: `defaultModel`) and version (default: the first of its versions that is up).
   * What an alias or no version names follows: calls of it that begin later run on what that means then.
   * While a canary has a share of the requests, each call of such a handle falls to one side; see `setCanary`.
   * @param reference a version, an alias (`champion`) or a digest (`sha256:<hex>`) of what is served
   * @param split says where a whole request falls: all calls of the handle then go to that side
   * @throws ERR_NOT_READY while loading, ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_INVALID_ARGUMENT for the split
   */
  model(name: string = this.defaultModel, reference?: string, split?: SplitOptions): ServedModel {
    if (split !== undefined) checkSplit(split);
    if (this.#state === 'loading') throw torchError('ERR_NOT_READY', 'The models are still being loaded');
    const handle = this.canaries?.handle(name, reference, split);
    if (handle) return handle;
    const { catalogue } = this.#lineup;
    return catalogue.handle(name, reference) ?? catalogue.refuse(name, reference);
  }

  /**
   * Which version each alias of a model means here: what the registry said when it was loaded, or `setAliases` since. An alias
   * that has moved in the registry means the same here until then. Empty for a name that has none.
   */
  aliases(name: string): ReadonlyMap<string, string> {
    return this.#lineup.catalogue.aliases(name);
  }

  /**
   * Says what the aliases of a model mean from now on, all of them. Where one is served by (`versions: ['champion']`) and means
   * another version now, that is loaded and warmed up beside the old one, takes its place, and the old one is drained, unless
   * another name serves it still. No call fails: those that named the alias, or nothing, run on what it means when they begin.
   * @throws ERR_MODEL_NOT_FOUND for a name that the host does not know; as `load`: then every alias means what it did
   *
   * @example
   * await registry.setAlias('scores', 'champion', 'v1.1');
   * await host.setAliases('scores', await registry.aliases('scores'));
   */
  async setAliases(
    name: string,
    aliases: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
    options: HostLoadOptions = {},
  ): Promise<readonly ServedModel[]> {
    check.text('name of setAliases', name);
    const meant = checkAliases('aliases of setAliases', aliases);
    checkAliasOptions(options);
    return this.#together(name, options, {
      work: (signal) => this.#lineup.setAliases(name, meant, signal, options),
      keep: (failed) => this.#lineup.aliasesFailedElsewhere(name, meant, failed),
    });
  }

  /**
   * Reads the aliases of a model, or of all that are known here, from the registry, and takes them as `setAliases` does.
   * @throws as `setAliases`, and what the registry throws; with several names what failed first, once all were tried
   */
  async refreshAliases(name?: string, options: HostLoadOptions = {}): Promise<void> {
    if (name !== undefined) check.text('name of refreshAliases', name);
    checkAliasOptions(options);
    const failures: unknown[] = [];
    for (const each of name === undefined ? this.#lineup.catalogue.registryNames() : [name]) {
      try {
        const aliases = await this.#lineup.loader.readAliases(each);
        if (aliases) await this.setAliases(each, aliases, options);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Loads a model beside what serves, warms it up, and then puts it in the place of what has served its name and version, if
   * anything has: new calls go to the new one, those in flight on the old one end, and then that is disposed. With several
   * versions all of them take their places, or none. Loads and unloads of one name come one after the other;
   * a load waits until what the changes before it have replaced is gone.
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
    checkLoadOptions(options);
    const [{ name }] = sourcesOf(model) as [Source];
    return this.#together(name, options, {
      work: (signal) => this.#lineup.load(model, signal, options),
      keep: (failed) => this.#lineup.loadFailedElsewhere(model, failed),
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
    await this.#turns.run(name, { signal: options.signal, after: 'results' }, () => {
      const slots = this.#lineup.catalogue.slotsToUnload(name, version);
      return Promise.resolve({ result: undefined, end: this.#lineup.unload(slots) });
    });
  }

  /**
   * Gives a version a share of the requests of a model, or another share. It is loaded and warmed up beside what serves, if it is
   * not up. Requests that name the model alone (or `alias`) go to it at random or by a header; those that name a version or a
   * digest are never split. It is rolled back by itself once it breaks a limit; the event `canary` tells. `undefined` ends it at
   * once: what is stable gets all requests again.
   *
   * A model that was asked for while it had one version, and no canary, is that version: ask `host.model` for each call, or anew.
   * @returns what is known of the canary; undefined where it was ended
   * @throws ERR_INVALID_ARGUMENT for an option; ERR_CANARY for a version that is what serves, or cannot stand in for it;
   * ERR_NO_CANARY where there is none to be ended; as `load`
   *
   * @example
   * await host.setCanary('scores', { version: 'v1.1', share: 0.1 });
   * host.on('canary', ({ change, reason }) => console.log(change, reason));
   */
  async setCanary(
    name: string,
    canary: CanaryOptions | undefined,
    options: ChangeOptions = {},
  ): Promise<CanaryReport | undefined> {
    check.text('name of setCanary', name);
    checkChangeOptions('setCanary', options);
    const canaries = await this.openCanaries();
    if (canary === undefined) {
      canaries.required(name);
      canaries.end(name, 'it was taken off');
      return undefined;
    }
    const { beginCanary, settingsOf } = await import('./canary/changes.js');
    const settings = settingsOf(canary);
    const begin = (signal: AbortSignal) => beginCanary(this.#lineup, canaries, { name, settings, signal });
    return this.#turns.run(name, { signal: options.signal, after: 'results' }, begin);
  }

  /** What is known of the canary of a model, also of one that was rolled back; undefined where there is none. */
  canary(name: string): CanaryReport | undefined {
    return this.canaries?.report(name);
  }

  /**
   * Makes a canary what is stable. The alias by which that is served means its version from now on, here and not in the registry;
   * where it is served by none, the canary's version becomes the default of the name.
   * @throws ERR_NO_CANARY; ERR_CANARY for one that was rolled back; as `setAliases`
   */
  async promoteCanary(name: string, options: ChangeOptions = {}): Promise<void> {
    check.text('name of promoteCanary', name);
    checkChangeOptions('promoteCanary', options);
    const canaries = await this.openCanaries();
    const { promoteCanary } = await import('./canary/changes.js');
    const promote = (signal: AbortSignal) => promoteCanary(this.#lineup, canaries, { name, signal });
    await this.#turns.run(name, { signal: options.signal, after: 'results' }, promote);
  }

  /**
   * Versions of the registry that are refused because their loads have failed again and again, as this process knows them: they
   * were asked for here, or failed here.
   */
  quarantine(): readonly Quarantined[] {
    return this.#lineup.loader.quarantine.list();
  }

  /**
   * Lets a version be tried again that is refused with ERR_QUARANTINED. Nothing is loaded by it.
   * @param version default: all versions of the name
   * @returns whether anything was known of it
   * @throws ERR_STORAGE and its kin where the registry remembers it and cannot be written
   */
  async clearQuarantine(name: string, version?: string): Promise<boolean> {
    check.text('name of clearQuarantine', name);
    if (version !== undefined) check.text('version of clearQuarantine', version);
    return this.#lineup.loader.quarantine.clear(name, version);
  }

  /**
   * The registry of this host: the one that it was given, or the bundled one, opened anew where it was not there.
   * @throws as ModelRegistry.open
   * @internal
   */
  registry(): Promise<ModelRegistry> {
    return this.#lineup.loader.registry();
  }

  /** Most hosts have no canaries: what they need is loaded with the first. @internal */
  async openCanaries(): Promise<Canaries> {
    const [{ Canaries }, { unloadCanary }] = await Promise.all([
      import('./canary/canaries.js'),
      import('./canary/changes.js'),
    ]);
    const canaries = (this.canaries ??= new Canaries({
      catalogue: this.#lineup.catalogue,
      told: this.#listeners.canary.tell,
      unload: (over) => {
        const { name: model, version } = over;
        const unload = () => Promise.resolve(unloadCanary(this.#lineup, canaries, over));
        this.#turns.run(model, { after: 'results' }, unload).catch((error: unknown) => {
          this.#warn({ model, version, message: `could not be unloaded: ${(error as Error).message}` });
        });
      },
    }));
    return canaries;
  }

  /** A version that is up becomes the default of its name. @internal */
  prefer(name: string, version: string): void {
    const { catalogue } = this.#lineup;
    const slot = catalogue.slot(name, version);
    if (!slot?.served || catalogue.slots(name)[0] === slot) return;
    catalogue.prefer(slot);
    this.canaries?.changed(name);
  }

  /** Calls that have begun and not ended, over all models. */
  get inFlight(): number {
    const served = this.list().reduce((sum, { inFlight }) => sum + inFlight, 0);
    return served + this.#lineup.drains.inFlight;
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

  /**
   * Memory that a run reads in place, where it copies other inputs: who fills it leaves it alone from then on. Undefined while
   * the addon is not loaded.
   * @internal
   */
  allocateTensor(bytes: number): ArrayBuffer | undefined {
    return startedAddon()?.addon.allocateBytes(bytes);
  }

  /**
   * Listens to an event. What a listener throws becomes a warning of the process.
   * @throws ERR_INVALID_ARGUMENT for an event that there is not, or a listener that is no function
   */
  on<K extends keyof HostEvents>(event: K, listener: (...args: HostEvents[K]) => void): this {
    checkListener(this.#listeners, event, listener);
    this.#listeners[event].add(listener as never);
    return this;
  }

  off<K extends keyof HostEvents>(event: K, listener: (...args: HostEvents[K]) => void): this {
    checkListener(this.#listeners, event, listener);
    this.#listeners[event].remove(listener as never);
    return this;
  }

  /** Refuses new calls with ERR_DRAINING, waits for those in flight, disposes every model. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A change in its turn. Where it was given up because another process could not make it, why is kept here too. */
  async #together<T>(
    name: string,
    { signal }: HostLoadOptions,
    { work, keep }: { work: (signal: AbortSignal) => Promise<Change<T>>; keep: (failed: FailedElsewhere) => unknown },
  ): Promise<T> {
    try {
      return await this.#turns.run(name, { signal, after: 'ends' }, work);
    } catch (error) {
      const reason: unknown = signal?.reason;
      if (reason instanceof FailedElsewhere) await keep(reason);
      throw error;
    }
  }

  #makeLineup(options: HostOptions): Lineup {
    const warn = (event: HostWarning): void => {
      this.#warn(event);
    };
    const listeners = this.#listeners;
    const requireOpen = (): void => {
      this.#requireOpen();
    };
    const batch = (event: ServedBatchEvent): void => {
      if (event.outcome === 'ok') this.canaries?.batch(event);
      listeners.batch.tell(event);
    };
    const { run, answered, rows, progress } = listeners;
    const hooks = {
      ...{ requireOpen, warn, ended: run.tell, batch, rows: rows.tell },
      get answered() {
        return answered.isEmpty ? undefined : answered.tell;
      },
    };
    const split: ServedModelHooks['split'] = (name, reference) => this.canaries?.split(name, reference);
    const change = (event: HostChange): void => {
      listeners.change.tell(event);
      this.canaries?.changed(event.model);
    };
    return new Lineup(options, Object.assign(hooks, { split }), { progress: progress.tell, change, warn });
  }

  async #start(): Promise<void> {
    const { signal } = this.#turns;
    try {
      // Whoever follows the host listens from the first step on.
      await turn();
      signal.throwIfAborted();
      for (const slot of [...this.#lineup.catalogue.all()]) {
        try {
          await this.#lineup.start(slot, signal, this.#goesOn);
        } catch (error) {
          if (!this.#goesOn || signal.aborted) throw error;
        }
        // close() may have been called since the model came up.
        signal.throwIfAborted();
      }
      this.#state = 'ready';
    } catch (error) {
      for (const slot of this.#lineup.catalogue.all()) slot.work = undefined;
      await this.#dispose();
      throw error;
    }
  }

  async #close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'draining';
    this.canaries?.close();
    this.#turns.end(draining());
    await this.ready.catch(() => {});
    await this.#turns.idle();
    await Promise.all(this.list().map((served) => served.idle()));
    await this.#lineup.drains.idle();
    await this.#dispose();
  }

  async #dispose(): Promise<void> {
    const results = await Promise.allSettled(this.list().map(({ model }) => model.dispose()));
    this.#state = 'closed';
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #requireOpen(): void {
    if (this.#state === 'ready') return;
    throw this.#state === 'loading' ? torchError('ERR_NOT_READY', 'The models are still being loaded') : draining();
  }

  #warn(event: HostWarning): void {
    const { warning } = this.#listeners;
    if (!warning.isEmpty) return warning.tell(event);
    process.emitWarning(`${event.model} ${event.version}: ${event.message}`, 'NodeLibtorchWarning');
  }
}

/** What a host that takes no calls says of models that are up. */
const ofState: Readonly<Partial<Record<HostState, Pick<HostIndexEntry, 'state' | 'reason'>>>> = {
  loading: { state: 'LOADING', reason: 'up, and waits for the other models' },
  draining: { state: 'UNLOADING', reason: 'the host is shutting down' },
  closed: { state: 'UNAVAILABLE', reason: 'the host is closed' },
};

function draining() {
  return torchError('ERR_DRAINING', 'Expected a running host but it is shutting down');
}
