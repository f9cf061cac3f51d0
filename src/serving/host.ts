import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import * as check from '../check.js';
import { describe, expected, torchError, warnOf } from '../errors.js';
import { deviceFailures, startedAddon, type DeviceFailure } from '../engines/runtime.js';
import type { ModelRegistry } from '../registry/index.js';
import { checkBatchSizes, checkHostModels, nameOf, type HostModel } from './host-model.js';
import { loadServed, type LoadProgress } from './load-served.js';
import { ServedModel, type RunEvent, type ServedBatchEvent, type ServedRowCheckEvent } from './served-model.js';

export interface HostOptions {
  /** Default: the registry bundled with this package. */
  registry?: ModelRegistry;
  models: readonly HostModel[];
  /** The name that `model()` without one means. Default: the first of `models`. */
  defaultModel?: string;
  /** Batch sizes each model is run with before the host is ready. Default: those that its batching makes, else [1, 32]. */
  warmupBatchSizes?: readonly number[];
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
}

export interface HostWarning {
  readonly model: string;
  readonly version: string;
  readonly message: string;
}

/** Models that were loaded, checked and warmed up together, and are drained together. */
export class ModelHost implements AsyncDisposable {
  /** Resolves when every model is up, rejects with the reason when one is not. It may be left unread. */
  readonly ready: Promise<void>;
  readonly defaultModel: string;
  #state: HostState = 'loading';
  readonly #served: ServedModel[] = [];
  readonly #events = new EventEmitter<HostEvents>();
  readonly #loading = new AbortController();
  #closing: Promise<void> | undefined;

  private constructor(options: HostOptions) {
    check.options('ModelHost', options, ['registry', 'models', 'defaultModel', 'warmupBatchSizes']);
    checkHostModels(options.models);
    if (options.warmupBatchSizes !== undefined) checkBatchSizes('warmupBatchSizes', options.warmupBatchSizes);
    if (options.registry !== undefined && !isRegistry(options.registry)) {
      throw expected('a ModelRegistry', 'registry of ModelHost', options.registry);
    }
    const names = options.models.map(nameOf);
    const chosen = options.defaultModel ?? names[0];
    if (chosen === undefined || !names.includes(chosen)) {
      throw torchError(
        'ERR_CONFIG',
        `Expected one of the models (${names.join(', ')}) for defaultModel but received ${describe(chosen)}`,
      );
    }
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw torchError('ERR_CONFIG', `Expected each model name once but received ${describe(twice)} twice`);
    this.defaultModel = chosen;
    this.ready = this.#load(options);
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

  /** Every model that is up, in the order of the options. */
  list(): readonly ServedModel[] {
    return [...this.#served];
  }

  /**
   * A model by name (default: `defaultModel`) and version (default: the first of its versions).
   * @throws ERR_NOT_READY while loading, ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND
   */
  model(name: string = this.defaultModel, version?: string): ServedModel {
    if (this.#state === 'loading') throw torchError('ERR_NOT_READY', 'The models are still being loaded');
    const versions = this.#served.filter((served) => served.name === name);
    if (versions.length === 0) {
      throw torchError('ERR_MODEL_NOT_FOUND', `Expected a model that is served but received ${describe(name)}`);
    }
    const found = version === undefined ? versions[0] : versions.find((served) => served.version === version);
    if (!found) {
      const known = versions.map((served) => served.version).join(', ');
      throw torchError(
        'ERR_VERSION_NOT_FOUND',
        `Expected one of ${known} of ${name} but received ${describe(version)}`,
      );
    }
    return found;
  }

  /** Calls that have begun and not ended, over all models. */
  get inFlight(): number {
    return this.#served.reduce((sum, served) => sum + served.inFlight, 0);
  }

  /** The devices of this host's models that have failed: only a restart of the process brings them back. */
  deviceFailures(): readonly DeviceFailure[] {
    const used = new Set(this.#served.map(({ model }) => model.info.device.device));
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

  async #load({ models, registry, warmupBatchSizes }: HostOptions): Promise<void> {
    const { signal } = this.#loading;
    const hooks = {
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
    };
    const progress = (event: LoadProgress): void => {
      this.#emit('progress', event);
    };
    try {
      // Whoever follows the host listens from the first step on.
      await turn();
      signal.throwIfAborted();
      for (const model of models) {
        for await (const parts of loadServed(model, { registry, warmupBatchSizes, signal, progress })) {
          this.#served.push(new ServedModel(parts, hooks));
          for (const message of parts.warnings) this.#warn({ model: parts.name, version: parts.version, message });
          signal.throwIfAborted();
        }
      }
      // close() may have been called since the last model came up.
      signal.throwIfAborted();
      this.#state = 'ready';
    } catch (error) {
      await this.#dispose();
      throw error;
    }
  }

  async #close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'draining';
    this.#loading.abort(draining());
    await this.ready.catch(() => {});
    await Promise.all(this.#served.map((served) => served.idle()));
    await this.#dispose();
  }

  async #dispose(): Promise<void> {
    const results = await Promise.allSettled(this.#served.map(({ model }) => model.dispose()));
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

function draining() {
  return torchError('ERR_DRAINING', 'Expected a running host but it is shutting down');
}
