import type { Clock } from '#dist/async/clock.js';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that stands still until the test moves it on. */
export class SteppedClock implements Clock {
  #now = 1000;
  readonly #timers = new Set<Timer>();

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { due: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Lets time pass, stopping at every timer that is due on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#earliest(end); timer; timer = this.#earliest(end)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.due);
      timer.callback();
    }
    this.#now = end;
  }

  /** Lets time pass without a timer: an event loop that is held up. */
  stall(ms: number): void {
    this.#now += ms;
  }

  #earliest(end: number): Timer | undefined {
    let found: Timer | undefined;
    for (const timer of this.#timers) if (timer.due <= end && !(found && found.due <= timer.due)) found = timer;
    return found;
  }
}
