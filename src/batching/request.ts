import { Ticket, type Desk } from '../async/ticket.js';
import type { Call } from '../model/call.js';
import type { Execution } from '../model/model.js';

/** Where a request stands in the order of service, and how long it may take. All times are the queue's clock's. */
export interface Order {
  readonly since: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Its priority: 1 is the most urgent. */
  readonly level: number;
}

/** A call, or a part of a call that was larger than a batch, waiting or in a batch. */
export class Request extends Ticket<unknown> {
  readonly level: number;
  /** In a batch, so no longer counted as waiting. */
  started = false;

  /**
   * @param rank position in the order of service: requests start in ascending order within their group
   * @param pick what of an execution the caller is given
   */
  constructor(
    desk: Desk<Request>,
    readonly call: Call,
    order: Order,
    readonly rank: number,
    readonly pick: (execution: Execution) => unknown,
  ) {
    super(desk, order);
    this.level = order.level;
  }
}
