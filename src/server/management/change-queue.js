import { setMaxListeners } from 'node:events';
import { torchError } from '../../errors.js';
/** So many changes may wait for the one that runs: each may take minutes. */
const mostWaiting = 32;
/** Runs changes one after the other. */
export class ChangeQueue {
    #closing = new AbortController();
    #last = Promise.resolve();
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
    async run(change, signal) {
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
        await within(turn, either);
        return running;
    }
    /** Ends the change that runs, and refuses others. Resolves when it has ended. */
    async close() {
        this.#closing.abort(torchError('ERR_DRAINING', 'The server is shutting down'));
        await this.#last;
    }
}
/** The same promise, for as long as the signal is not aborted. @throws what it was aborted with */
export async function within(promise, signal) {
    if (!signal)
        return promise;
    let onAbort = () => undefined;
    const aborted = new Promise((_resolve, reject) => {
        onAbort = () => reject(signal.reason);
        if (signal.aborted)
            onAbort();
        signal.addEventListener('abort', onAbort);
    });
    try {
        return await Promise.race([promise, aborted]);
    }
    finally {
        signal.removeEventListener('abort', onAbort);
    }
}
