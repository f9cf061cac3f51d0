import { torchError } from '../errors.js';
import { Deadlines, systemClock, type Clock, type Due } from './clock.js';

export interface TicketLimits {
  /** Must not be aborted yet. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from `since`; Infinity, the default, for no limit. */
  readonly timeoutMs?: number | undefined;
  /** When the time began, on the desk's clock; by default a limit counts from now. */
  readonly since?: number | undefined;
  /** Called once, when the work has ended or was dropped. An abort may have settled the promise long before. */
  readonly onFinished?: (() => void) | undefined;
}

/** Why a promise was settled before its work had ended. */
export type GivenUp = 'aborted' | 'expired' | 'withdrawn';

export interface DeskHooks<K> {
  readonly clock?: Clock | undefined;
  /** A ticket was given up. Takes its work out if it has not begun; returns whether that was so. */
  drop?(ticket: K, why: GivenUp): boolean;
  /** Keeps the event loop alive, or lets it go: true when the first ticket is awaited, false after the last. */
  hold?(held: boolean): void;
}

interface Expiring extends Due {
  expire(): void;
}

/** What the tickets of one queue share: a clock, one timer for all deadlines, and the hold of the event loop. */
export class Desk<K extends Expiring> {
  readonly clock: Clock;
  readonly #hooks: DeskHooks<K>;
  readonly #deadlines: Deadlines<Expiring>;
  #holds = 0;

  constructor(hooks: DeskHooks<K> = {}) {
    this.#hooks = hooks;
    this.clock = hooks.clock ?? systemClock;
    this.#deadlines = new Deadlines(this.clock, (ticket) => {
      ticket.expire();
    });
  }

  /** One more reason to keep the event loop alive. */
  hold(): void {
    if (this.#holds++ === 0) this.#hooks.hold?.(true);
  }

  unhold(): void {
    if (--this.#holds === 0) this.#hooks.hold?.(false);
  }

  /** For Ticket alone, as are the next two. */
  opened(ticket: K): void {
    this.hold();
    if (ticket.deadline !== Infinity) this.#deadlines.add(ticket);
  }

  settled(ticket: K): void {
    if (ticket.deadline !== Infinity) this.#deadlines.remove(ticket);
    this.unhold();
  }

  drop(ticket: K, why: GivenUp): boolean {
    return this.#hooks.drop?.(ticket, why) ?? false;
  }
}

/**
 * The promise of some work. Whatever comes first settles it, once: the work's end, its signal, its deadline, or its owner.
 * The event loop is held for it until then. The work itself ends once too, perhaps long after, and tells `onFinished`.
 */
export class Ticket<T> {
  readonly promise: Promise<T>;
  /** When the time began; 0 where neither that nor a limit was given, since asking for the time costs. */
  readonly since: number;
  /** On the desk's clock; Infinity for never. */
  readonly deadline: number;
  /** Deadlines' own. */
  place = -1;
  settled = false;
  private readonly desk: Desk<Expiring>;
  private fulfil!: (value: T) => void;
  private refuse!: (reason: unknown) => void;
  private onFinished: (() => void) | undefined;
  private unfollow: (() => void) | undefined;

  constructor(desk: Desk<never>, { signal, timeoutMs = Infinity, since, onFinished }: TicketLimits = {}) {
    this.desk = desk;
    this.since = since ?? (timeoutMs === Infinity ? 0 : desk.clock.now());
    this.deadline = this.since + timeoutMs;
    this.onFinished = onFinished;
    // A field for each of both, and no closure beyond this one: at this rate every further one is felt.
    this.promise = new Promise<T>((resolve, reject) => {
      this.fulfil = resolve;
      this.refuse = reject;
    });
    if (signal) {
      this.unfollow = onAbort(signal, () => {
        this.giveUp(signal.reason, 'aborted');
      });
    }
    this.desk.opened(this);
  }

  /** The work has ended well. Returns whether the promise was settled by this. */
  resolve(value: T): boolean {
    this.finish();
    if (!this.settle()) return false;
    this.fulfil(value);
    return true;
  }

  /** The work has failed, or will never be done. Returns whether the promise was settled by this. */
  reject(reason: unknown): boolean {
    this.finish();
    if (!this.settle()) return false;
    this.refuse(reason);
    return true;
  }

  /** Settles the promise before the work has ended: what has begun goes on for nobody. */
  giveUp(reason: unknown, why: GivenUp = 'withdrawn'): void {
    if (!this.settle()) return;
    if (this.desk.drop(this, why)) this.finish();
    this.refuse(reason);
  }

  expire(): void {
    const limit = Math.max(1, Math.round(this.deadline - this.since));
    this.giveUp(torchError('ERR_TIMEOUT', `Expected an answer within ${limit} ms`), 'expired');
  }

  /** The work has ended; by itself this settles nothing. */
  finish(): void {
    const onFinished = this.onFinished;
    if (!onFinished) return;
    this.onFinished = undefined;
    onFinished();
  }

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.unfollow?.();
    this.desk.settled(this);
    return true;
  }
}

/** Who follows which signal. */
const followersOf = new WeakMap<AbortSignal, Followers>();

/** All that follow one signal, behind one listener: Node looks through all of a signal's for each that comes or goes. */
class Followers {
  readonly #signal: AbortSignal;
  readonly #callbacks = new Set<() => void>();
  readonly #stays: boolean;

  /** @param stays it listens while nobody follows, too */
  constructor(signal: AbortSignal, stays = false) {
    this.#signal = signal;
    this.#stays = stays;
    followersOf.set(signal, this);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  add(callback: () => void): void {
    this.#callbacks.add(callback);
  }

  delete(callback: () => void): void {
    if (!this.#callbacks.delete(callback) || this.#callbacks.size > 0 || this.#stays) return;
    followersOf.delete(this.#signal);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    followersOf.delete(this.#signal);
    for (const callback of this.#callbacks) {
      this.#callbacks.delete(callback);
      try {
        callback();
      } catch (error) {
        // As Node does with what a listener throws: the others hear of the abort nevertheless.
        process.nextTick(() => {
          throw error;
        });
      }
    }
  };
}

/**
 * Listens to a signal of our own for as long as it lives: many calls will follow it, one after the other, and to begin and to end
 * listening costs more than all else that is done for one of them.
 */
export function keepListening(signal: AbortSignal): void {
  if (!followersOf.has(signal)) new Followers(signal, true);
}

/**
 * Calls `listener` when the signal aborts; returns what takes it off again. One signal may serve every call of a program
 * (its shutdown, say): it has one listener of ours whatever the number of calls, so that neither their number costs nor
 * Node warns of a leak.
 * @param listener a function of this call alone
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const followers = followersOf.get(signal) ?? new Followers(signal);
  followers.add(listener);
  return () => {
    followers.delete(listener);
  };
}
