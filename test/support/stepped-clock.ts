import type { Clock } from '#dist/async/clock.js';
import { turns } from './turn.js';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that stands still until the test moves it on. */
export class SteppedClock implements Clock {
  /** How often the time was asked for. */
  reads = 0;
  #now = 1000;
  readonly #timers = new Set<Timer>();

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    this.reads++;
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

  /** Lets turns of the event loop and time go by until some work has settled. */
  async drive<T>(work: Promise<T>, msPerTurn = 1): Promise<T> {
    let isPending = true;
    const done = (): void => void (isPending = false);
    work.then(done, done);
    for (let turn = 0; isPending; ++turn) {
      if (turn > 1_000_000) throw new Error('the work never settles');
      await turns(1);
      if (isPending) this.advance(msPerTurn);
    }
    return work;
  }

  #earliest(end: number): Timer | undefined {
    let found: Timer | undefined;
    for (const timer of this.#timers) if (timer.due <= end && !(found && found.due <= timer.due)) found = timer;
    return found;
  }
}
