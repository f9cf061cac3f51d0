/** Brings versions up beside what serves: where they are, whether they may be loaded, and the load itself. */
import { unlessAborted } from '../async/unless-aborted.js';
import { ModelRegistry } from '../registry/index.js';
import type { Slot } from './catalogue.js';
import type { Drains } from './drains.js';
import type { Source } from './host-model.js';
import type { HostLoadOptions, HostOptions, HostWarning } from './host-options.js';
import { bringUp, find, type Found, type LoadedServed, type LoadProgress } from './load-served.js';
import { LoadGate } from './load-gate.js';
import type { Quarantine } from './quarantine.js';

export type Aliases = ReadonlyMap<string, string>;

/** A version on its way up. */
export interface Load {
  readonly found: Found;
  readonly slot: Slot;
  /** Nobody knew of it before. */
  readonly isNew: boolean;
  /** What it is to be served by. */
  readonly names: string[];
  /** It serves already, and is only called by further names. */
  readonly isUp: boolean;
}

export interface Loaded {
  readonly parts: LoadedServed;
  readonly loadMs: number;
}

/** How a load goes together with those of other processes. */
export type TogetherOptions = Pick<HostLoadOptions, 'beforeSwap' | 'attempt'>;

interface LoaderParts {
  readonly options: HostOptions;
  readonly drains: Drains;
  readonly progress: (event: LoadProgress) => void;
  readonly warn: (event: HostWarning) => void;
}

/** A registry that somebody else has made may know no aliases. */
interface WithAliases {
  aliases?(name: string): Promise<Aliases>;
}

export class Loader {
  readonly #parts: LoaderParts;
  readonly #gate: LoadGate;
  #registry: Promise<ModelRegistry> | undefined;

  constructor(parts: LoaderParts) {
    this.#parts = parts;
    const { options, warn } = parts;
    const { policy, quarantineAfter, registry } = options;
    this.#gate = new LoadGate({
      ...{ policy, quarantineAfter, warn },
      mayWrite: registry !== undefined,
      registry: () => this.registry(),
    });
  }

  get quarantine(): Quarantine {
    return this.#gate.quarantine;
  }

  /** @throws as ModelRegistry.open */
  registry(): Promise<ModelRegistry> {
    const { registry } = this.#parts.options;
    if (registry) return Promise.resolve(registry);
    this.#registry ??= ModelRegistry.open();
    // What is not there now may be there at the next load.
    this.#registry.catch(() => (this.#registry = undefined));
    return this.#registry;
  }

  /** What the registry says that aliases mean; undefined where it has none. */
  async readAliases(name: string): Promise<Aliases | undefined> {
    const registry: object = await this.registry();
    return (registry as WithAliases).aliases?.(name);
  }

  /** The same for a load. That they cannot be read is no reason to load nothing: what is named by an alias says so itself. */
  async aliasesOf({ name, file, aliases }: Source): Promise<Aliases | undefined> {
    if (file !== undefined || aliases) return aliases;
    return await this.readAliases(name).catch(() => undefined);
  }

  /** All that the registry has of a name. That it cannot say them is no reason to load nothing: the load itself says what is wrong. */
  async versions(name: string): Promise<readonly string[]> {
    try {
      return await (await this.registry()).versions(name);
    } catch {
      return [];
    }
  }

  /** @throws as ModelRegistry.resolve and artifactPath; `signal.reason` */
  async find(source: Source, signal: AbortSignal): Promise<Found> {
    const found = await find(source, () => this.registry());
    signal.throwIfAborted();
    return found;
  }

  /**
   * Loads all of them, or none.
   * @returns what each of them is; undefined for one that is up
   * @throws FailedLoad where one cannot be loaded, or all are not wanted; nothing stays loaded
   */
  async bringUp(
    loads: readonly Load[],
    signal: AbortSignal,
    { beforeSwap, attempt = this.#parts.options.attempt }: TogetherOptions = {},
  ): Promise<readonly (Loaded | undefined)[]> {
    const loaded: (Loaded | undefined)[] = [];
    try {
      for (const { found, isUp } of loads) loaded.push(isUp ? undefined : await this.#load(found, signal, attempt));
      // What ends it from here on says nothing of any of them.
      if (beforeSwap) await unlessAborted(signal, Promise.resolve().then(beforeSwap));
      signal.throwIfAborted();
      return loaded;
    } catch (error) {
      await this.#parts.drains.disposeAll(loaded.flatMap((each) => each?.parts ?? []));
      throw new FailedLoad(error, loads[loaded.length]?.found.source);
    }
  }

  async #load(found: Found, signal: AbortSignal, attempt: string | undefined): Promise<Loaded> {
    const { options, progress } = this.#parts;
    const { warmupBatchSizes } = options;
    const began = performance.now();
    const digests = await this.#gate.pass(found, attempt);
    let parts: LoadedServed;
    try {
      parts = await bringUp(found, { digests, warmupBatchSizes, signal, progress });
    } catch (error) {
      // What fails again and again is put into quarantine.
      if (!signal.aborted) await this.quarantine.failed(found, error, attempt);
      throw error;
    }
    await this.quarantine.succeeded(found);
    return { parts, loadMs: performance.now() - began };
  }
}

/** A source by the version that its alias means. */
export function meantBy(source: Source, aliases: Aliases | undefined): Source {
  const { file, version } = source;
  const meant = file === undefined && version !== undefined ? aliases?.get(version) : undefined;
  return meant === undefined ? source : { ...source, version: meant, alias: version };
}

/** Aborts a change because another process that makes it as well could not: its reason is kept as a failure here would be. */
export class FailedElsewhere extends Error {
  /** @param version whose load has failed; empty where nobody could say which is meant */
  constructor(
    readonly error: Error,
    readonly version: string,
  ) {
    super('Another worker could not load it', { cause: error });
  }
}

/** Which of several loads has failed, if one has, and why nothing was loaded. It does not leave this room. */
export class FailedLoad extends Error {
  constructor(
    readonly error: unknown,
    readonly source: Source | undefined,
  ) {
    super('A load has failed', { cause: error });
  }
}
