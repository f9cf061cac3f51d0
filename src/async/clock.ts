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
}

/** Everything that has a deadline and is not done, and one timer for the earliest deadline among them. */
export class Deadlines<T extends Due> {
  readonly #live = new Set<T>();
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
    this.#live.add(due);
    if (due.deadline < this.#due) this.#arm(due.deadline);
  }

  remove(due: T): void {
    if (this.#live.delete(due) && this.#live.size === 0) this.#disarm();
  }

  // The timer may be early for what is left, never late: it looks at all and arms itself again.
  #fire(): void {
    this.#disarm();
    const now = this.#clock.now();
    let next = Infinity;
    for (const due of this.#live) {
      if (due.deadline <= now) this.#onExpired(due);
      else if (due.deadline < next) next = due.deadline;
    }
    if (next < Infinity) this.#arm(next);
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
