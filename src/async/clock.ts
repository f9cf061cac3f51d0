/** Time as queues and tickets see it. Tests hand in a clock that they step. */
export interface Clock {
  /** Milliseconds since some fixed moment; never runs backwards. */
  now(): number;
  /**
   * Calls back once, after about `ms` milliseconds: perhaps a little early, so the caller looks at `now()` again. Does not
   * keep the process alive. Returns what calls it off.
   */
  after(ms: number, callback: () => void): () => void;
}

/** How long one run took, in milliseconds of a monotonic clock. */
export interface RunTimings {
  /** From submission until a worker took it. */
  readonly queueMs: number;
  /** Inside the engine. */
  readonly runMs: number;
}

/** Node's timers fire at once when asked for more. */
const longestDelayMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(1, Math.ceil(ms)), longestDelayMs)).unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

export interface Due {
  /** On the clock; Infinity for never. */
  readonly deadline: number;
  /** Its place in a list of those that are due; -1 where it is in none. That list's own. */
  place: number;
}

/** Everything that has a deadline and is not done, and one timer for the earliest deadline among them. */
export class Deadlines<T extends Due> {
  /**
   * Up to `#size`, in no order. No Set: V8 keeps every table that a Set or Map has outgrown, with all that was in it, until the
   * next full collection once one of them is old. What passes through then survives each small collection, and is copied twice.
   */
  readonly #live: (T | undefined)[] = [];
  #size = 0;
  readonly #clock: Clock;
  readonly #onExpired: (due: T) => void;
  #stop: (() => void) | undefined;
  #due = Infinity;

  /** @param onExpired removes what it is called with */
  constructor(clock: Clock, onExpired: (due: T) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  add(due: T): void {
    due.place = this.#size;
    this.#live[this.#size++] = due;
    if (due.deadline < this.#due) this.#arm(due.deadline);
  }

  remove(due: T): void {
    const { place } = due;
    if (place < 0) return;
    const last = this.#live[--this.#size] as T;
    this.#live[place] = last;
    last.place = place;
    this.#live[this.#size] = undefined;
    due.place = -1;
    if (this.#size === 0) this.#disarm();
  }

  // The timer may be early for what is left, never late: it looks at all and arms itself again.
  #fire(): void {
    this.#disarm();
    const now = this.#clock.now();
    const expired: T[] = [];
    let next = Infinity;
    for (const due of this.#live) {
      if (!due) break;
      if (due.deadline <= now) expired.push(due);
      else if (due.deadline < next) next = due.deadline;
    }
    if (next < Infinity) this.#arm(next);
    expired.sort((one, other) => one.deadline - other.deadline);
    // One that expires may take out others.
    for (const due of expired) if (due.place >= 0) this.#onExpired(due);
  }

  #arm(due: number): void {
    this.#stop?.();
    this.#due = due;
    this.#stop = this.#clock.after(due - this.#clock.now(), () => {
      this.#fire();
    });
  }

  #disarm(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#due = Infinity;
  }
}
