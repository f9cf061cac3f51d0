import type { ModelRecord } from '../../registry/index.js';
import type { CanaryReport, CanarySettings, HostIndexEntry } from '../../serving/index.js';

/** One version of a model as management shows it. */
export interface ManagedModel extends HostIndexEntry {
  /** The members below are of a version that is up. */
  readonly isDefault?: boolean;
  readonly engine?: string;
  readonly device?: string;
  readonly instances?: number;
  /** sha256 of the bytes that were loaded. */
  readonly digest?: string;
  /** What means this version here. */
  readonly aliases?: readonly string[];
  readonly statistics?: StatisticsSummary;
}

/** What a version has done since it came up. */
export interface StatisticsSummary {
  /** Calls that were answered. */
  readonly success: number;
  /** Calls that were not. */
  readonly fail: number;
  readonly rows: number;
  /** Runs of the model; each may carry several calls. */
  readonly runs: number;
  /** Milliseconds since the epoch; 0 before the first. */
  readonly lastInference: number;
}

export interface ChangeOptions {
  /** A version, an alias or a digest. Default: those that the operator named, else the registry's default. */
  readonly version?: string | undefined;
  /** Gives the change up: what was there goes on. It comes too late once the new version answers. */
  readonly signal?: AbortSignal | undefined;
}

/** What a refresh has done, by `name version`. */
export interface RefreshReport {
  readonly loaded: readonly string[];
  readonly unloaded: readonly string[];
  /** What could not be done; what was there before goes on. */
  readonly failed: readonly { readonly model: string; readonly error: unknown }[];
}

/** What aliases of one model mean. */
export interface AliasReport {
  /** Versions by alias, in the registry. */
  readonly aliases: Readonly<Record<string, string>>;
  /** The same as it is in force here. */
  readonly serving: Readonly<Record<string, string>>;
}

/**
 * Changes the models that are served, in this process or in every worker. A request names a model, never a path: only what the
 * operator gave or the registry holds can be loaded. Changes happen one after the other.
 */
export interface Management {
  /** Every version that is known, with its state. */
  list(): Promise<readonly ManagedModel[]>;
  /**
   * Loads a model, or loads it anew: beside the one that serves, which answers until the new one is warm.
   * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND; why it could not be loaded: the one before goes on; ERR_QUEUE_FULL;
   * ERR_DRAINING; what the signal was aborted with
   */
  load(name: string, options?: ChangeOptions): Promise<void>;
  /**
   * Takes a model, or one version, out of service: calls that have begun are answered. Does nothing where it is not up.
   * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_QUEUE_FULL, ERR_DRAINING
   */
  unload(name: string, options?: ChangeOptions): Promise<void>;
  /** @throws ERR_MODEL_NOT_FOUND, ERR_STORAGE */
  aliases(name: string): Promise<AliasReport>;
  /**
   * Moves an alias in the registry, and here: the version that it means now is loaded beside the one that serves, and takes
   * its place once it is warm and the registry is written.
   * @param version a version, an alias or a digest; undefined: the alias is no more, and what it meant goes on
   * @throws why the version could not be loaded, or the registry not be written: nothing was changed; ERR_MODEL_NOT_FOUND,
   * ERR_VERSION_NOT_FOUND, ERR_QUEUE_FULL, ERR_DRAINING, what the signal was aborted with
   */
  setAlias(name: string, alias: string, version: string | undefined, signal?: AbortSignal): Promise<void>;
  /** What the registry says of a version; undefined where it says nothing, or cannot be read. */
  record(name: string, version: string): Promise<ModelRecord | undefined>;
  /**
   * Lets versions that failed again and again be loaded again.
   * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND
   */
  clear(name: string, version?: string): Promise<void>;
  /** @throws ERR_NO_CANARY, ERR_MODEL_NOT_FOUND */
  canary(name: string): Promise<CanaryReport>;
  /**
   * Gives a version a share of the requests of a model, everywhere: it is loaded beside what serves first, if it is not up.
   * @param settings undefined: the canary is ended at once, whatever else is being changed
   * @throws ERR_CANARY for a version that cannot be one; ERR_NO_CANARY where there is none to be ended; as `load`
   */
  setCanary(name: string, settings: CanarySettings | undefined, signal?: AbortSignal): Promise<void>;
  /**
   * Makes the canary what is stable: the alias that is served means its version from now on, in the registry as well, or else it
   * becomes the default of its name.
   * @throws ERR_NO_CANARY; ERR_CANARY for one that was rolled back; as `setAlias`
   */
  promoteCanary(name: string, signal?: AbortSignal): Promise<void>;
  /** Reads anew what the operator gave, and loads what is new or has changed; what was taken off is unloaded. */
  refresh(): Promise<RefreshReport>;
  /** Gives up what is under way, and refuses the rest with ERR_DRAINING. Resolves when it has ended. */
  close(): Promise<void>;
}
