/** Long computations that can be cut into slices. */
import { setImmediate } from 'node:timers/promises';

/** A computation that yields wherever it may be interrupted: every few ten microseconds. */
export type Work<T> = Generator<undefined, T, undefined>;

/** Does all of it at once. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** A slice is short enough that a request in between does not notice. */
const sliceMs = 3;

/** Does it in slices of a few milliseconds, between which the event loop turns. Rejects with the signal's reason. */
export async function inSlices<T>(work: Work<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const end = performance.now() + sliceMs;
    while (performance.now() < end) {
      const step = work.next();
      if (step.done === true) return step.value;
    }
    await setImmediate();
  }
}
