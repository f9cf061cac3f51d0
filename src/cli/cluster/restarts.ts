/** So many workers that end by themselves within the time below end everything. */
const crashBudget = 5;
export const crashWindowMs = 60_000;
/** How long it takes until one that could not start is tried again: each further failure in a row doubles it, up to the greatest. */
const firstRetryMs = 500;
const greatestRetryMs = 30_000;

/**
 * When a worker that has ended is replaced. One that has served and ends has crashed, and a few of those in a short time end
 * everything. One that cannot even start, while others serve, is no reason to end them: what it needs, its model's file or its
 * registry, is not there now and may come back.
 */
export class Restarts {
  #crashes: number[] = [];
  #failedStarts = 0;

  /** Workers that had crashed within the time, when the last one did. */
  get crashes(): number {
    return this.#crashes.length;
  }

  /**
   * @param now milliseconds of a clock that only goes forward
   * @returns whether workers keep ending: another is of no use
   */
  crashed(now: number): boolean {
    this.#crashes = [...this.#crashes.filter((at) => now - at < crashWindowMs), now];
    return this.#crashes.length >= crashBudget;
  }

  /**
   * One has ended before it could serve, and others serve.
   * @returns after how many milliseconds another is started
   */
  couldNotStart(): number {
    return Math.min(firstRetryMs * 2 ** this.#failedStarts++, greatestRetryMs);
  }

  /** One serves that was started: what was missing is there. */
  started(): void {
    this.#failedStarts = 0;
  }
}
