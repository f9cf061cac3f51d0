/**
 * `serving`; `leaving`: not ready any more, but what still arrives is served, for load balancers need a moment to notice;
 * `draining`: predictions are refused.
 */
export type Phase = 'serving' | 'leaving' | 'draining';

/** What a server is doing, and the requests it has begun and not yet answered. */
export class Lifecycle {
  phase: Phase = 'serving';
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
