import type { Worker } from 'node:cluster';
import type { AddressInfo, Socket } from 'node:net';
import type { MetricsSnapshot } from '../../monitoring/aggregate.js';

/** What is spoken on a connection: the primary has a port for each. */
export type Protocol = 'http' | 'grpc';

/** What the primary process and its workers say to each other. */
export type ToWorker =
  /** A connection comes with it. Say `took` at once: until then it is the primary's too. */
  | { readonly kind: 'connection'; readonly number: number; readonly protocol: Protocol }
  /** Say `pong`: a worker that says nothing for long is killed. `sent` is the number of the last connection sent to any worker. */
  | { readonly kind: 'ping'; readonly sent: number }
  /** Say "not ready" for so long, then answer what was begun, and end. Connections may come until `last`. */
  | { readonly kind: 'drain'; readonly preStopDelayMs: number }
  /** No connection will come after this. */
  | { readonly kind: 'last' }
  /** Send a snapshot of your metrics. */
  | { readonly kind: 'collect'; readonly round: number }
  /** The metrics of all workers, for the question of that number. */
  | { readonly kind: 'metrics'; readonly question: number; readonly text: string };

export type ToPrimary =
  /** Messages are heard from now on. What was said before was not. */
  | { readonly kind: 'started' }
  /** A connection would be answered, though perhaps with "not ready". */
  | { readonly kind: 'listening' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'took'; readonly number: number }
  | { readonly kind: 'pong'; readonly sent: number }
  /** Send no more connections, and say `last`: this worker ends by itself. */
  | { readonly kind: 'leaving' }
  | { readonly kind: 'snapshot'; readonly round: number; readonly snapshot: MetricsSnapshot }
  | { readonly kind: 'askMetrics'; readonly question: number };

/** Says it to the other side of a worker's channel, if there still is one. */
export function send(worker: Worker, message: ToWorker | ToPrimary): void {
  // Without a callback a channel that closes meanwhile would be an unhandled error.
  if (worker.isConnected()) worker.send(message, () => undefined);
}

/** As `send`, with a connection that stays open on this side as well. */
export function sendConnection(worker: Worker, message: ToWorker, socket: Socket): void {
  if (worker.isConnected()) worker.process.send(message, socket, { keepOpen: true }, () => undefined);
}

/** What a worker is told as it starts, in its environment. */
export interface Assignment {
  /** Where the primary listens. */
  readonly address: AddressInfo;
  /** And for gRPC, where it does. */
  readonly grpcAddress?: AddressInfo | undefined;
  /** Nobody was ready before: connections are taken while the model loads, so that health checks are answered. */
  readonly isFirst: boolean;
}

const variable = 'NODE_LIBTORCH_WORKER';

export function environmentOf(assignment: Assignment): NodeJS.ProcessEnv {
  return { [variable]: JSON.stringify(assignment) };
}

/** Of this process, which is a worker. */
export function ownAssignment(): Assignment {
  return JSON.parse(process.env[variable] ?? '') as Assignment;
}
