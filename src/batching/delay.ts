import type { Clock } from '../async/clock.js';
import type { ResolvedBatchOptions } from './options.js';
import type { BatchRunner } from './runner.js';
import type { CloseReason } from './stats.js';
import type { Group } from './waiting.js';

/**
 * How long a batch is held back for company (`maxDelayMs`).
 * @returns milliseconds, or why it is not (any longer); undefined when delays do not come into it
 */
export function holdBack(
  group: Group,
  capacity: number,
  { maxDelayMs }: ResolvedBatchOptions,
  { inFlight, fit }: BatchRunner,
  clock: Clock,
): number | CloseReason | undefined {
  if (maxDelayMs === 0 || inFlight === 0 || group.rows >= capacity) return undefined;
  const now = clock.now();
  const runMs = fit.predict(group.rows);
  let delayed = Infinity;
  let latest = Infinity;
  for (const { since, deadline } of group.live()) {
    delayed = Math.min(delayed, since + maxDelayMs);
    // Half its time at most goes into waiting for company: the fit may know nothing yet.
    latest = Math.min(latest, (since + deadline) / 2, deadline - runMs);
  }
  if (now >= delayed) return 'delay';
  if (now >= latest) return 'deadline';
  return Math.max(1, Math.ceil(Math.min(delayed, latest) - now));
}
