import { performance } from 'node:perf_hooks';

/**
 * What requests may use of one turn of the event loop, over all connections: so many milliseconds until the next one waits
 * for a later turn. What has begun is not cut short. Short turns cost little, and much depends on them: the system hands out
 * one new connection a turn, and answers and batches that are ready go out once a turn.
 */
const turnMs = 2;
/** What has waited is begun in pieces: microtasks run between them, and the clock is looked at before each. */
const mostInTurn = 16;
/** Urgent ones that wait at most. More wait in their order, as if they were none: one a turn is begun, so those would come later. */
const mostUrgent = mostInTurn;

/** When the first request of this turn began. */
let since: number | undefined;
const waiting: (() => void)[] = [];
const urgent: (() => void)[] = [];
let scheduled = 0;
/** An urgent one has passed those that wait, in this turn. */
let hasPassed = false;

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
  return waiting.length + urgent.length === 0;
}

/** Whether an urgent one may pass those that wait, in this turn. One may: many would leave nobody else a turn. */
export function mayPass(): boolean {
  if (hasPassed || urgent.length > 0) return false;
  return (hasPassed = true);
}

/** Calls back in a later turn, after what waits already; an urgent one, before it. */
export function later(begin: () => void, isUrgent = false): void {
  if (isUrgent && urgent.length < mostUrgent) urgent.push(begin);
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
  setImmediate(beginUrgent);
  for (let count = 0; count < scheduled; count++) setImmediate(beginOne);
}

function beginUrgent(): void {
  if (hasPassed || urgent.length === 0) return;
  hasPassed = true;
  urgent.shift()?.();
}

function beginOne(): void {
  try {
    // The first of them begins always, so that everything comes to its turn.
    if (hasRoom()) (waiting.shift() ?? urgent.shift())?.();
  } finally {
    if (--scheduled === 0) {
      // What arrives next has a turn of its own, whatever waits.
      endTurn();
      hasPassed = false;
      if (!nobodyWaits()) schedule();
    }
  }
}
