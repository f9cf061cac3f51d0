import type { Request } from './request.js';

/** Every unsettled request that has a deadline, and one timer for the earliest deadline among them. */
export class Deadlines {
  readonly #live = new Set<Request>();
  readonly #onExpired: (request: Request) => void;
  #timer: NodeJS.Timeout | undefined;
  #due = Infinity;

  constructor(onExpired: (request: Request) => void) {
    this.#onExpired = onExpired;
  }

  add(request: Request): void {
    if (request.deadline === Infinity) return;
    this.#live.add(request);
    if (request.deadline < this.#due) this.#arm(request.deadline);
  }

  remove(request: Request): void {
    if (this.#live.delete(request) && this.#live.size === 0) this.#disarm();
  }

  // The timer may be early for what is left, never late: it looks at all and arms itself again.
  #fire(): void {
    this.#disarm();
    const now = performance.now();
    let next = Infinity;
    for (const request of this.#live) {
      if (request.deadline <= now) this.#onExpired(request);
      else if (request.deadline < next) next = request.deadline;
    }
    if (next < Infinity) this.#arm(next);
  }

  #arm(due: number): void {
    clearTimeout(this.#timer);
    this.#due = due;
    const delay = Math.min(Math.max(1, Math.ceil(due - performance.now())), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      this.#fire();
    }, delay);
    this.#timer.unref(); // whatever the requests wait for keeps the process alive by itself
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = Infinity;
  }
}
