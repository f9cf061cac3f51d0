import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Lifecycle } from '../readiness.js';

export interface DrainOptions {
  preStopDelayMs: number;
  drainTimeoutMs: number;
}

export interface DrainReport {
  /** Requests still in flight when the time was over; their connections were cut. */
  readonly aborted: number;
}

/**
 * How long idle connections stay open, so that a request that is on its way over one of them is answered and not reset.
 * Every answer now closes its connection, so a busy client has left by itself after this time.
 */
const idleGraceMs = 250;

/** Ends a server without losing a request that it has begun. */
export async function drain(server: Server, lifecycle: Lifecycle, options: DrainOptions): Promise<DrainReport> {
  lifecycle.leaving = true;
  if (options.preStopDelayMs > 0) await delay(options.preStopDelayMs);
  const timeIsOver = delay(options.drainTimeoutMs, undefined, { ref: false });
  // Waits until the connections that have arrived are accepted: the kernel resets the others when the listener closes.
  await turn();
  // The close of node:http would also close idle connections, at once, and stop checking the time limits.
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
  await Promise.race([closed, timeIsOver, delay(idleGraceMs, undefined, { ref: false })]);
  server.closeIdleConnections();
  await Promise.race([lifecycle.idle(), timeIsOver]);
  const aborted = lifecycle.inFlight;
  server.closeAllConnections();
  await closed;
  // The listener is closed already; this ends the checks of the time limits.
  server.close();
  return { aborted };
}
