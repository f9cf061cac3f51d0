/** What the queue of a served model tells: its batches, and rows that came out otherwise by themselves. */
import { tellOfBatch, type BatchEvent, type BatchQueue, type RowCheckEvent } from '../batching/index.js';
import { rowWarning } from './calls.js';
import type { Statistics } from './statistics.js';

/** One batch of a served model that has ended. */
export interface ServedBatchEvent extends BatchEvent {
  readonly model: string;
  readonly version: string;
}

/** One row of a batch of a served model that was run again by itself. */
export interface ServedRowCheckEvent extends RowCheckEvent {
  readonly model: string;
  readonly version: string;
}

/** Who hears of it. */
export interface QueueHooks {
  batch(event: ServedBatchEvent): void;
  rows(event: ServedRowCheckEvent): void;
  /** Something is worth knowing of the model. */
  warn(event: { readonly model: string; readonly version: string; readonly message: string }): void;
}

interface OfModel {
  readonly name: string;
  readonly version: string;
  readonly statistics: Statistics;
}

/** Tells the hooks, the statistics and the spans of its calls what becomes of a queue. */
export function followQueue(queue: BatchQueue, { name, version, statistics }: OfModel, hooks: QueueHooks): void {
  const model = name;
  queue.on('traced', ({ rows, paddedRows, requests, reason }, trace) => {
    tellOfBatch(trace, { model, version, rows, paddedRows, requests, reason });
  });
  queue.on('batch', (event) => {
    const { rows, paddedRows, requests, reason, waitMs, gatherMs, runMs, scatterMs, outcome } = event;
    if (outcome === 'ok') statistics.ran(rows, gatherMs, runMs, scatterMs);
    hooks.batch({ model, version, rows, paddedRows, requests, reason, waitMs, gatherMs, runMs, scatterMs, outcome });
  });
  let differences = 0;
  let saidStopped = false;
  queue.on('rows', (event) => {
    hooks.rows({ model: name, version, ...event });
    if (event.outcome === 'same' || event.outcome === 'failed') return;
    // Where batching goes on, each further word waits for twice as many; its end is told in any case.
    const isEnd = event.stopped && !saidStopped;
    saidStopped ||= isEnd;
    if (!Number.isInteger(Math.log2(++differences)) && !isEnd) return;
    hooks.warn({ model: name, version, message: rowWarning(event, queue.stopped) });
  });
}
