/** Whether a server is about to end, and the requests it has begun and not yet answered. */
export class Lifecycle {
  /** Not ready any more; what still arrives is served, and told to close its connection. */
  leaving = false;
  #inFlight = 0;
  #idleWaiters: (() => void)[] = [];

  get inFlight(): number {
    return this.#inFlight;
  }

  enter(): void {
    this.#inFlight++;
  }

  leave(): void {
    if (--this.#inFlight > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Resolves once no request is in flight. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }
}
