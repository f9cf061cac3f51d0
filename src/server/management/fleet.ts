import type { ManagedModel } from './management.js';

/** Whoever holds the models: the host of this process, or all workers together. */
export interface Fleet<Spec> {
  list(): Promise<readonly ManagedModel[]>;
  /** Loads beside what serves, and swaps once all is warm, everywhere or nowhere. Resolves when it serves. */
  load(spec: Spec, signal: AbortSignal): Promise<void>;
  /** Takes it out of service: resolves once no call can come to it any more. */
  unload(name: string, version: string): Promise<Departure>;
}

/** A model that was taken out of service. Not the promise itself: who awaits the one need not await the other. */
export interface Departure {
  /** Resolves when the calls that had begun have ended, and the model was freed. */
  readonly drained: Promise<void>;
}
