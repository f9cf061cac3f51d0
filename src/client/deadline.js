import { InferenceTimeoutError } from './errors.js';
/**
 * When a call of the client ends before its answer: at its limit of time, or at the caller's abort. It is for one call with all
 * of its tries.
 */
export class Deadline {
    /** Set when it is over: what the call rejects with. */
    ended;
    #endsAt;
    #timer;
    #signal;
    #waiting = new Set();
    #onAbort = () => this.#end(this.#signal?.reason);
    /** @param operation for the error's message */
    constructor(operation, timeoutMs, signal) {
        this.#endsAt = performance.now() + timeoutMs;
        this.#signal = signal;
        if (signal?.aborted) {
            this.ended = { reason: signal.reason };
            return;
        }
        signal?.addEventListener('abort', this.#onAbort, { once: true });
        if (timeoutMs === Infinity)
            return;
        this.#timer = setTimeout(() => {
            const message = `Expected an answer to ${operation} within ${timeoutMs} ms but none came`;
            this.#end(new InferenceTimeoutError('ERR_TIMEOUT', message, { operation }));
        }, timeoutMs);
    }
    /** Infinity without a limit. */
    get remainingMs() {
        return this.#endsAt - performance.now();
    }
    /**
     * Settles as the work does, or rejects when this is over first.
     * @param start begins the work, and returns what stops it
     */
    wait(start) {
        return new Promise((resolve, reject) => {
            if (this.ended) {
                reject(this.ended.reason);
                return;
            }
            const end = (reason) => {
                reject(reason);
                stop(reason);
            };
            this.#waiting.add(end);
            const stop = start((value) => {
                this.#waiting.delete(end);
                resolve(value);
            }, (reason) => {
                this.#waiting.delete(end);
                reject(reason);
            });
        });
    }
    /** Waits before the next try. */
    sleep(ms) {
        return this.wait((resolve) => {
            const timer = setTimeout(resolve, ms);
            return () => clearTimeout(timer);
        });
    }
    /** The call is over: no timer and no listener stays. */
    close() {
        clearTimeout(this.#timer);
        this.#signal?.removeEventListener('abort', this.#onAbort);
        this.#waiting.clear();
    }
    #end(reason) {
        if (this.ended)
            return;
        clearTimeout(this.#timer);
        this.ended = { reason };
        for (const end of this.#waiting)
            end(reason);
        this.#waiting.clear();
    }
}
