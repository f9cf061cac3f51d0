import { performance } from 'node:perf_hooks';

/**
 * What requests may use of one turn of the event loop, over all connections: so many milliseconds until the next one waits
 * for a later turn. What has begun is not cut short.
 */
const turnMs = 5;
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

/** Calls back in a later turn, after what waits already. */
export function later(begin: () => void): void {
  waiting.push(begin);
  if (scheduled === 0) schedule();
}

/** What to wait for before long work; undefined while this turn has room: an `await` would let others look before it is used. */
export function room(): Promise<void> | undefined {
  return hasRoom() ? undefined : new Promise(later);
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
