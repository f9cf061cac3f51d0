import type { Worker } from 'node:cluster';
import type { MetricsSnapshot } from '../../monitoring/aggregate.js';

/** What the primary process and its workers say to each other. */
export type ToWorker =
  | { readonly kind: 'drain' }
  /** Send a snapshot of your metrics. */
  | { readonly kind: 'collect'; readonly round: number }
  /** The metrics of all workers, for the question of that number. */
  | { readonly kind: 'metrics'; readonly question: number; readonly text: string };

export type ToPrimary =
  | { readonly kind: 'ready' }
  | { readonly kind: 'snapshot'; readonly round: number; readonly snapshot: MetricsSnapshot }
  | { readonly kind: 'askMetrics'; readonly question: number };

/** Says it to the other side of a worker's channel, if there still is one. */
export function send(worker: Worker, message: ToWorker | ToPrimary): void {
  // Without a callback a channel that closes meanwhile would be an unhandled error.
  if (worker.isConnected()) worker.send(message, () => undefined);
}
