import { setMaxListeners } from 'node:events';
import { unlessAborted } from '../../async/unless-aborted.js';
import { torchError } from '../../errors.js';

/** So many changes may wait for the one that runs: each may take minutes. */
const mostWaiting = 32;

/** Runs changes one after the other. */
export class ChangeQueue {
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor() {
    // Each change listens to it, and there may be many.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * Runs it after those before it have ended, well or not.
   * @param signal gives it up: while it waits, at once; then the change itself knows whether it comes too late
   * @throws what it throws; ERR_QUEUE_FULL, ERR_DRAINING
   */
  async run<T>(change: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const either = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    either.throwIfAborted();
    if (this.#waiting >= mostWaiting) {
      throw torchError('ERR_QUEUE_FULL', `Expected at most ${mostWaiting} changes of models to wait`);
    }
    this.#waiting++;
    const turn = this.#last;
    const running = turn.then(() => {
      this.#waiting--;
      either.throwIfAborted();
      return change(either);
    });
    this.#last = running.catch(() => undefined);
    await unlessAborted(either, turn);
    return running;
  }

  /** Ends the change that runs, and refuses others. Resolves when it has ended. */
  async close(): Promise<void> {
    this.#closing.abort(torchError('ERR_DRAINING', 'The server is shutting down'));
    await this.#last;
  }
}
