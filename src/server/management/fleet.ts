import type { CanaryReport, CanarySettings } from '../../serving/index.js';
import type { Aliases } from './catalog.js';
import type { ManagedModel } from './management.js';

/** Whoever holds the models: the host of this process, or all workers together. */
export interface Fleet<Spec> {
  list(): Promise<readonly ManagedModel[]>;
  /**
   * Loads beside what serves, and swaps once all is warm, everywhere or nowhere. Resolves when it serves.
   * @param beforeSwap called once all is warm everywhere; what it throws ends the load
   */
  load(spec: Spec, signal: AbortSignal, beforeSwap?: () => Promise<void>): Promise<void>;
  /** What aliases of a name mean here. */
  aliases(name: string): Promise<Aliases>;
  /**
   * Says what they mean from now on: what one that is served by means anew is loaded first, as `load` does it. A version that
   * nothing names any more is taken out of service.
   */
  setAliases(name: string, aliases: Aliases, signal: AbortSignal, beforeSwap?: () => Promise<void>): Promise<void>;
  /** Versions that failed again and again may be loaded again. */
  clear(name: string, version: string | undefined): Promise<void>;
  /** What is known of the canary of a name. */
  canary(name: string): Promise<CanaryReport | undefined>;
  /**
   * Splits the requests of a name, or ends that.
   * @param settings of a version that is up everywhere
   * @param isLoadedForIt whether that was loaded to be one: then it may be unloaded once that is over
   */
  setCanary(name: string, settings: CanarySettings | undefined, isLoadedForIt?: boolean): Promise<void>;
  /**
   * From now on no verdict ends the canary of a name: its alias is being moved.
   * @returns what lets verdicts come again
   * @throws ERR_NO_CANARY, ERR_CANARY where that version is none any more
   */
  holdCanary(name: string, version: string): () => void;
  /** The version of its canary becomes the default of a name. */
  promote(name: string, version: string): Promise<void>;
  /** Takes it out of service: resolves once no call can come to it any more. */
  unload(name: string, version: string): Promise<Departure>;
}

/** A model that was taken out of service. Not the promise itself: who awaits the one need not await the other. */
export interface Departure {
  /** Resolves when the calls that had begun have ended, and the model was freed. */
  readonly drained: Promise<void>;
}
