import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lifecycle } from '../readiness.js';
import type { Connections } from './connections.js';
import type { Intake } from './port.js';

export interface DrainOptions {
  preStopDelayMs: number;
  drainTimeoutMs: number;
}

export interface DrainReport {
  /** Requests still in flight when the time was over; their connections were cut. */
  readonly aborted: number;
}

/** What a drain ends. */
export interface Drained {
  readonly http: Server;
  readonly intake: Intake;
  readonly connections: Connections;
  readonly lifecycle: Lifecycle;
  /** Another listener, whose calls are in the same lifecycle. */
  readonly grpc?: { stop(): Promise<void>; closeAll(): Promise<void> } | undefined;
}

/**
 * How long idle connections stay open, so that a request that is on its way over one of them is answered and not reset.
 * A connection in use needs no such time: its next answer closes it.
 */
const idleGraceMs = 250;

/** Ends a server without losing a request that it has begun. */
export async function drain(
  { http, intake, connections, lifecycle, grpc }: Drained,
  { preStopDelayMs, drainTimeoutMs }: DrainOptions,
): Promise<DrainReport> {
  lifecycle.leaving = true;
  if (preStopDelayMs > 0) await delay(preStopDelayMs);
  const timeIsOver = delay(drainTimeoutMs, undefined, { ref: false });
  await Promise.all([intake.stop(), grpc?.stop()]);
  await Promise.race([connections.empty(), timeIsOver, delay(idleGraceMs, undefined, { ref: false })]);
  http.closeIdleConnections();
  await Promise.race([lifecycle.idle(), timeIsOver]);
  const aborted = lifecycle.inFlight;
  connections.closeAll();
  await grpc?.closeAll();
  await connections.empty();
  // The port is closed already; this ends the checks of the time limits.
  http.close();
  return { aborted };
}
