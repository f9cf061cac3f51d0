import { expected, warnOf } from '../errors.js';
import type { HostEvents } from './host-options.js';

/**
 * Who listens to the events of one kind. Telling them makes no copy of the list, as an `EventEmitter` with several listeners does
 * each time: there are many events, and who listens seldom changes.
 */
export class Listeners<E> {
  /** Never changed in place: whoever is told of an event right now is told to the end. */
  #all: readonly ((event: E) => void)[] = [];

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  add(listener: (event: E) => void): void {
    this.#all = [...this.#all, listener];
  }

  /** Of several that are the same, takes off the one that was added last. */
  remove(listener: (event: E) => void): void {
    const at = this.#all.lastIndexOf(listener);
    if (at >= 0) this.#all = this.#all.filter((_, index) => index !== at);
  }

  /** Tells all, in the order in which they were added. A broken listener is no reason to lose a prediction: it is warned of. */
  readonly tell = (event: E): void => {
    const all = this.#all;
    for (let i = 0; i < all.length; i++) {
      try {
        (all[i] as (event: E) => void)(event);
      } catch (error) {
        warnOf(error);
      }
    }
  };
}

export type HostListeners = { readonly [K in keyof HostEvents]: Listeners<HostEvents[K][0]> };

export function hostListeners(): HostListeners {
  return {
    run: new Listeners(),
    answered: new Listeners(),
    batch: new Listeners(),
    progress: new Listeners(),
    warning: new Listeners(),
    rows: new Listeners(),
    change: new Listeners(),
    canary: new Listeners(),
  };
}

/** @throws ERR_INVALID_ARGUMENT for an event that there is not, or a listener that is no function */
export function checkListener(all: HostListeners, event: unknown, listener: unknown): void {
  if (typeof event !== 'string' || !Object.hasOwn(all, event)) {
    throw expected(`one of ${Object.keys(all).join(', ')}`, 'an event of a host', event);
  }
  if (typeof listener !== 'function') throw expected('a function', `the listener of ${event}`, listener);
}
