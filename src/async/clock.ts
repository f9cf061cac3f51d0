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
