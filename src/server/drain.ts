import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lifecycle } from './lifecycle.js';

export interface DrainOptions {
  preStopDelayMs: number;
  drainTimeoutMs: number;
}

export interface DrainReport {
  /** Requests still in flight when the time was over; their connections were cut. */
  readonly aborted: number;
}

const graceMs = 250;

/** Ends a server without losing a request that it has begun. */
export async function drain(server: Server, lifecycle: Lifecycle, options: DrainOptions): Promise<DrainReport> {
  lifecycle.phase = 'leaving';
  if (options.preStopDelayMs > 0) await delay(options.preStopDelayMs);
  lifecycle.phase = 'draining';
  // Also closes the connections that are idle now.
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await Promise.race([lifecycle.idle(), delay(options.drainTimeoutMs, undefined, { ref: false })]);
  const aborted = lifecycle.inFlight;
  if (aborted === 0) {
    // Answers sent before the drain have left connections open. One that has just begun another request is refused in
    // words, within a moment, and not by a reset.
    server.closeIdleConnections();
    await Promise.race([closed, delay(graceMs, undefined, { ref: false })]);
  }
  server.closeAllConnections();
  await closed;
  return { aborted };
}
