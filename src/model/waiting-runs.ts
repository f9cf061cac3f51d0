/** Runs of one model that no batch queue holds, while they wait for their turn at the compute budget. */
import { Desk, Ticket, type TicketLimits } from '../async/ticket.js';
import { torchError } from '../errors.js';
import { copyArgument } from '../tensor/value.js';
import type { ComputeShare, Waiter } from './compute-budget.js';
import { runWith, type Run } from './engine.js';
import type { Execution } from './model.js';

type Start = (run: Run) => Promise<Execution>;

class WaitingRun extends Ticket<Execution> implements Waiter {
  #hasBegun = false;

  constructor(
    desk: Desk<WaitingRun>,
    limits: TicketLimits,
    private readonly run: Run,
    private readonly start: Start,
    private readonly waited: () => number,
  ) {
    super(desk, limits);
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  begin(): void {
    this.#hasBegun = true;
    const waitedMs = this.waited();
    // The time limit and the signal settle this promise, as before; the run has begun. What is thrown at once ends it, too.
    this.#started().then(
      ({ value, timings }) => {
        this.resolve({ value, timings: { runMs: timings.runMs, queueMs: timings.queueMs + waitedMs } });
      },
      (error: unknown) => {
        this.reject(error);
      },
    );
  }

  async #started(): Promise<Execution> {
    return this.start(runWith(this.run, this.run.values, {}));
  }
}

export class WaitingRuns {
  readonly #share: ComputeShare;
  readonly #start: Start;
  readonly #mostPending: number;
  readonly #waiting = new Set<WaitingRun>();
  readonly #desk = new Desk<WaitingRun>({
    drop: (run) => {
      if (run.hasBegun) return false;
      this.#waiting.delete(run);
      this.#share.forget(run);
      return true;
    },
  });

  /** @param mostPending runs of the model that run or wait, at most */
  constructor(share: ComputeShare, mostPending: number, start: Start) {
    this.#share = share;
    this.#mostPending = mostPending;
    this.#start = start;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Starts a run in its turn.
   * @param isOwned nobody changes the run's values meanwhile; else they are copied
   * @param onDropped called if it never starts
   * @throws ERR_QUEUE_FULL, ERR_TIMEOUT, `signal.reason`, ERR_DISPOSED, and what the engine throws
   */
  async add(run: Run, isOwned: boolean, onDropped: (() => void) | undefined): Promise<Execution> {
    const { signal, timeoutMs } = run.limits;
    signal?.throwIfAborted();
    if (this.#share.running + this.#waiting.size >= this.#mostPending) {
      throw torchError('ERR_QUEUE_FULL', "The model's queue of waiting runs is full; raise maxPending or send less");
    }
    const values = isOwned
      ? run.values
      : run.values.map((value, i) => copyArgument(value, run.names[i] ?? `argument ${i}`));
    const since = this.#desk.clock.now();
    const waiting: WaitingRun = new WaitingRun(
      this.#desk,
      { signal, timeoutMs, since, onFinished: () => !waiting.hasBegun && onDropped?.() },
      runWith(run, values, run.limits),
      (begun) => {
        this.#waiting.delete(waiting);
        return this.#start(begun);
      },
      () => this.#desk.clock.now() - since,
    );
    this.#waiting.add(waiting);
    this.#share.wait(waiting);
    return waiting.promise;
  }

  /** Rejects all that wait. */
  close(): void {
    for (const waiting of this.#waiting) {
      waiting.giveUp(torchError('ERR_DISPOSED', 'The model was disposed'));
    }
  }
}
