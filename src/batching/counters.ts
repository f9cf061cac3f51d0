import type { CloseReason, QueueStats } from './stats.js';

type Counted = Pick<
  QueueStats,
  'batches' | 'rows' | 'paddedRows' | 'closed' | 'batchSizes' | 'requests' | 'isolated' | 'inline'
>;

/** Counters of a queue. */
export class Counters {
  batches = 0;
  rows = 0;
  paddedRows = 0;
  completed = 0;
  failed = 0;
  timedOut = 0;
  aborted = 0;
  refused = 0;
  isolated = 0;
  inline = 0;
  readonly closed: Record<CloseReason, number> = { size: 0, idle: 0, delay: 0, deadline: 0, shape: 0 };
  readonly batchSizes: Record<number, number> = {};

  closedBatch(rows: number, padded: number, reason: CloseReason): void {
    this.batches++;
    this.rows += rows;
    this.paddedRows += padded - rows;
    this.closed[reason]++;
    this.batchSizes[rows] = (this.batchSizes[rows] ?? 0) + 1;
  }

  /** As they are at this moment. */
  snapshot(): Counted {
    const { completed, failed, timedOut, aborted, refused, closed, batchSizes, batches, rows, paddedRows } = this;
    return {
      batches,
      rows,
      paddedRows,
      closed: { ...closed },
      batchSizes: { ...batchSizes },
      requests: { completed, failed, timedOut, aborted, refused },
      isolated: this.isolated,
      inline: this.inline,
    };
  }
}
