import type { CloseReason } from './stats.js';

/** A run of the engine that has ended, for traces. Times are those of `performance.now()`. */
export interface TracedRun {
  readonly model: string;
  readonly version: string;
  readonly started: number;
  readonly ended: number;
  readonly rows: number;
  /** Rows that filled the batch up. */
  readonly paddedRows: number;
  /** Calls that shared it. */
  readonly requests: number;
  /** Why the batch was closed; undefined for a run without a queue. */
  readonly reason: CloseReason | undefined;
  /** What it failed with. */
  readonly error: unknown;
}

/** A call that shared a run and has a span. */
export interface CarriedCall {
  readonly span: CallSpan;
  /** When it began to wait. */
  readonly since: number;
  readonly rows: number;
}

/** The span of a request, as far as queues and models know it. The server makes it. */
export interface CallSpan {
  /** A run has ended that carried it, with others perhaps. Told once a run, to the first of them; it never throws. */
  ran(run: TracedRun, carried: readonly CarriedCall[]): void;
}

/** What a queue knows of the trace of a batch. */
export type BatchTrace = Pick<TracedRun, 'started' | 'ended' | 'error'> & { readonly carried: readonly CarriedCall[] };

/** Tells of a batch that has ended. */
export function tellOfBatch({ carried, ...times }: BatchTrace, run: Omit<TracedRun, keyof BatchTrace>): void {
  // eslint-disable-next-line no-restricted-syntax -- of batches with a span
  carried[0]?.span.ran({ ...run, ...times }, carried);
}
