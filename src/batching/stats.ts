import type { Fit } from './fit.js';

/**
 * Why a batch was closed. `size`: it was full, or the next request did not fit. `idle`: an idle instance took all there
 * was. `delay`: maxDelayMs was over. `deadline`: waiting longer would have missed one. `shape`: others waited, but of
 * another group.
 */
export type CloseReason = 'size' | 'idle' | 'delay' | 'deadline' | 'shape';

export interface QueueStats {
  readonly waitingRequests: number;
  readonly waitingRows: number;
  readonly waitingBytes: number;
  readonly batchesInFlight: number;
  readonly batches: number;
  readonly rows: number;
  readonly paddedRows: number;
  readonly closed: Readonly<Record<CloseReason, number>>;
  /** Batches by their rows without padding. */
  readonly batchSizes: Readonly<Record<number, number>>;
  readonly requests: {
    readonly completed: number;
    readonly failed: number;
    readonly timedOut: number;
    readonly aborted: number;
    readonly refused: number;
  };
  /** Requests that were run again by themselves after their batch had failed, or had been found to mix rows. */
  readonly isolated: number;
  /** Calls that ran on the calling thread as they came; see `LoadOptions.runInline`. */
  readonly inline: number;
  /**
   * Rows that were run again by themselves, those of them whose output was another than in their batch, and rows that could
   * not be run by themselves.
   */
  readonly rowChecks: { readonly checked: number; readonly differed: number; readonly failed: number };
  /** Why calls share no runs any more; undefined while they do. */
  readonly stopped: string | undefined;
  /** t(n) = a·n + b milliseconds, as measured. */
  readonly fit: Fit | undefined;
  /** Rows a batch takes at present: maxBatchSize, or less for targetP95Ms. */
  readonly batchCapacity: number;
}

/** One batch that has ended. */
export interface BatchEvent {
  readonly rows: number;
  readonly paddedRows: number;
  readonly requests: number;
  readonly reason: CloseReason;
  /** Of the request that had waited longest. */
  readonly waitMs: number;
  /** Of putting the rows of the requests together; 0 for a batch that failed. */
  readonly gatherMs: number;
  readonly runMs: number;
  /** Of giving each request its own rows; 0 for a batch that failed. */
  readonly scatterMs: number;
  readonly outcome: 'ok' | 'failed';
}
