import type { Execution } from '../model/model.js';
import type { Call } from '../model/call.js';

/** A call, or a part of a call that was larger than a batch, waiting or in a batch. All times are performance.now(). */
export interface Request {
  readonly call: Call;
  readonly submitted: number;
  /** When it times out; Infinity for never. */
  readonly deadline: number;
  /** Its priority: 1 is the most urgent. */
  readonly level: number;
  /** Position in the order of service: requests start in ascending order within their group. */
  readonly rank: number;
  readonly resolve: (execution: Execution) => void;
  readonly reject: (reason: unknown) => void;
  /** Settled or given up; whoever meets it afterwards leaves it alone. */
  settled: boolean;
  /** In a batch, so no longer counted as waiting. */
  started: boolean;
}
