import type { HrTime } from '@opentelemetry/api';

/** Clocks drift apart: how often they are compared. */
const compareEachMs = 10_000;
let comparedAt = -Infinity;
let offsetMs = 0;

/**
 * A moment as spans have it: seconds and nanoseconds since the epoch. One offset for all spans of a moment: SDKs take one for each
 * span, to the millisecond, and short steps then begin before what they are steps of.
 * @param ms as `performance.now()` gave it
 */
export function toTime(ms: number): HrTime {
  if (ms - comparedAt > compareEachMs) {
    comparedAt = ms;
    offsetMs = Date.now() - performance.now();
  }
  const epochMs = offsetMs + ms;
  const seconds = Math.floor(epochMs / 1000);
  return [seconds, Math.floor((epochMs - seconds * 1000) * 1e6)];
}
