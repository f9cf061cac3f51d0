/** How long one run took, in milliseconds of a monotonic clock. */
export interface RunTimings {
  /** From submission until a worker took it. */
  readonly queueMs: number;
  /** Inside the engine. */
  readonly runMs: number;
}
