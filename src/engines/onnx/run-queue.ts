import { onAbort } from '../../async/abort.js';
import { torchError, type TorchError } from '../../errors.js';
import type { RunOptions } from '../../model/options.js';
import type { RunTimings } from '../../async/timings.js';
import type { Run } from '../../model/engine.js';
import type { RunReply, WireTensor } from './protocol.js';
import type { OnnxThread } from './thread.js';

/** Inputs that nobody else refers to; their memory goes to the thread. */
export interface Submission {
  readonly inputs: readonly WireTensor[];
  readonly transfer: readonly ArrayBuffer[];
}

export interface Ran {
  readonly outputs: readonly WireTensor[];
  readonly timings: RunTimings;
}

interface Job {
  readonly submission: Submission;
  readonly instance: number;
  readonly submitted: number;
  readonly finished: () => void;
  readonly resolve: (ran: Ran) => void;
  readonly reject: (reason: unknown) => void;
  /** False once the promise settled before the thread was done: an abort or a time-out. */
  awaited: boolean;
  release: () => void;
}

/**
 * The runs of a model: its threads, and those that wait for one. They wait here and not in a thread's own queue, so that an
 * abort takes them out.
 */
export class RunQueue {
  readonly #threads: readonly OnnxThread[];
  readonly #running: (Job | undefined)[];
  readonly #waiting = new Set<Job>();
  readonly #maxPending: number;
  #awaited = 0;
  #closing = false;
  #broken: TorchError | undefined;
  #idle: (() => void) | undefined;

  constructor(threads: readonly OnnxThread[], maxPending: number) {
    this.#threads = threads;
    this.#running = threads.map(() => undefined);
    this.#maxPending = maxPending;
    for (const thread of threads) {
      thread.hold(false);
      thread.onGone = (error) => {
        this.#broken = error;
        this.#drop(error);
      };
    }
  }

  /**
   * Runs on the given instance, or with -1 on the next that is idle.
   * @param prepare is called when there is room
   * @throws ERR_QUEUE_FULL, ERR_TIMEOUT, `signal.reason`, ERR_DISPOSED, what the thread throws, or ERR_INTERNAL once one has ended
   */
  submit(
    prepare: () => Submission,
    { signal, timeoutMs }: RunOptions,
    instance: number,
    { accepted, finished }: Pick<Run, 'accepted' | 'finished'>,
  ): Promise<Ran> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#broken) throw torchError(this.#broken.code, this.#broken.message);
      this.#requireRoom();
      const job: Job = {
        ...{ submission: prepare(), instance, submitted: performance.now(), finished, resolve, reject },
        awaited: true,
        release: () => undefined,
      };
      accepted();
      this.#hold();
      this.#waiting.add(job);
      this.#limit(job, signal, timeoutMs);
      this.#pump();
    });
  }

  /** Drops what waits, lets what runs finish, and ends the threads. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#hold(); // until the threads have ended
    try {
      this.#drop(torchError('ERR_DISPOSED', 'The model was disposed'));
      if (this.#running.some((job) => job)) await new Promise<void>((resolve) => (this.#idle = resolve));
      await Promise.all(this.#threads.map(endThread));
    } finally {
      this.#unhold();
    }
  }

  #requireRoom(): void {
    const running = this.#running.reduce((count, job) => count + (job ? 1 : 0), 0);
    if (running + this.#waiting.size < this.#threads.length + this.#maxPending) return;
    throw torchError('ERR_QUEUE_FULL', "The model's queue of waiting runs is full; raise maxPending or send less");
  }

  #limit(job: Job, signal: AbortSignal | undefined, timeoutMs: number | undefined): void {
    if (!signal && timeoutMs === undefined) return;
    const giveUp = (reason: unknown): void => {
      job.release();
      job.awaited = false;
      this.#unhold();
      if (this.#waiting.delete(job)) job.finished();
      job.reject(reason);
    };
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            giveUp(torchError('ERR_TIMEOUT', `Expected an answer within ${timeoutMs} ms`));
          }, timeoutMs);
    const unfollow =
      signal &&
      onAbort(signal, () => {
        giveUp(signal.reason);
      });
    job.release = () => {
      clearTimeout(timer);
      unfollow?.();
    };
  }

  /** Gives every idle thread the oldest run that may go to it. */
  #pump(): void {
    if (this.#waiting.size === 0) return;
    for (const index of this.#threads.keys()) {
      if (this.#running[index]) continue;
      for (const job of this.#waiting) {
        if (job.instance !== -1 && job.instance !== index) continue;
        this.#waiting.delete(job);
        this.#run(job, index);
        break;
      }
    }
  }

  #run(job: Job, index: number): void {
    this.#running[index] = job;
    const queueMs = performance.now() - job.submitted;
    const { inputs, transfer } = job.submission;
    (this.#threads[index] as OnnxThread).ask({ kind: 'run', inputs }, transfer).then(
      ({ outputs, runMs }: RunReply) => {
        this.#finish(job, index, () => {
          job.resolve({ outputs, timings: { queueMs, runMs } });
        });
      },
      (error: unknown) => {
        this.#finish(job, index, () => {
          job.reject(error);
        });
      },
    );
  }

  #finish(job: Job, index: number, settle: () => void): void {
    this.#running[index] = undefined;
    job.finished();
    if (job.awaited) this.#settle(job, settle);
    if (!this.#closing) this.#pump();
    else if (!this.#running.some((other) => other)) this.#idle?.();
  }

  #drop(error: TorchError): void {
    for (const job of [...this.#waiting]) {
      this.#waiting.delete(job);
      job.finished();
      this.#settle(job, () => {
        job.reject(error);
      });
    }
  }

  #settle(job: Job, settle: () => void): void {
    job.awaited = false;
    job.release();
    this.#unhold();
    settle();
  }

  // The event loop lives as long as somebody waits for an answer, and no longer.
  #hold(): void {
    if (this.#awaited++ === 0) for (const thread of this.#threads) thread.hold(true);
  }

  #unhold(): void {
    if (--this.#awaited === 0) for (const thread of this.#threads) thread.hold(false);
  }
}

/** The session goes first: ending a thread does not free what native code holds. */
async function endThread(thread: OnnxThread): Promise<void> {
  await thread.ask({ kind: 'release' }).catch(() => undefined);
  await thread.end();
}
