import { performance } from 'node:perf_hooks';

/**
 * What requests may use of one turn of the event loop, over all connections: so many milliseconds until the next one waits
 * for a later turn. What has begun is not cut short. Short turns cost little, and much depends on them: the system hands out
 * one new connection a turn, and answers and batches that are ready go out once a turn.
 */
const turnMs = 2;
/** What has waited is begun in pieces: microtasks run between them, and the clock is looked at before each. */
const mostInTurn = 16;

/** When the first request of this turn began. */
let since: number | undefined;
const waiting: (() => void)[] = [];
let scheduled = 0;

/** Whether another request may begin in this turn. @param now what `performance.now()` said a moment ago */
export function hasRoom(now = performance.now()): boolean {
  if (since === undefined) {
    since = now;
    setImmediate(endTurn);
    return true;
  }
  return now - since < turnMs;
}

/** Whether nothing waits for a later turn: what arrives now would pass it. */
export function nobodyWaits(): boolean {
  return waiting.length === 0;
}

/** Calls back in a later turn, after what waits already, or before it. */
export function later(begin: () => void, isUrgent = false): void {
  if (isUrgent) waiting.unshift(begin);
  else waiting.push(begin);
  if (scheduled === 0) schedule();
}

/** What to wait for before long work; undefined while this turn has room: an `await` would let others look before it is used. */
export function room(): Promise<void> | undefined {
  return hasRoom() ? undefined : new Promise((resolve) => later(resolve));
}

function endTurn(): void {
  since = undefined;
}

function schedule(): void {
  // More than wait now: one connection that waits has many requests.
  scheduled = mostInTurn;
  for (let count = 0; count < scheduled; count++) setImmediate(beginOne);
}

function beginOne(): void {
  try {
    // The first of them begins always, so that everything comes to its turn.
    if (hasRoom()) waiting.shift()?.();
  } finally {
    if (--scheduled === 0) {
      // What arrives next has a turn of its own, whatever waits.
      endTurn();
      if (waiting.length > 0) schedule();
    }
  }
}
