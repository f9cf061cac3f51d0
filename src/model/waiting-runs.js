/** Runs of one model that no batch queue holds, while they wait for their turn at the compute budget. */
import { Desk, Ticket } from '../async/ticket.js';
import { torchError } from '../errors.js';
import { copyValue } from '../tensor/value.js';
class WaitingRun extends Ticket {
    run;
    start;
    waited;
    #hasBegun = false;
    constructor(desk, limits, run, start, waited) {
        super(desk, limits);
        this.run = run;
        this.start = start;
        this.waited = waited;
    }
    get hasBegun() {
        return this.#hasBegun;
    }
    begin() {
        this.#hasBegun = true;
        const waitedMs = this.waited();
        // The time limit and the signal settle this promise, as before; the run has begun.
        this.start({ ...this.run, limits: {} }).then(({ value, timings }) => {
            this.resolve({ value, timings: { ...timings, queueMs: timings.queueMs + waitedMs } });
        }, (error) => {
            this.reject(error);
        });
    }
}
export class WaitingRuns {
    #share;
    #start;
    #mostPending;
    #waiting = new Set();
    #desk = new Desk({
        drop: (run) => {
            if (run.hasBegun)
                return false;
            this.#waiting.delete(run);
            this.#share.forget(run);
            return true;
        },
    });
    /** @param mostPending runs of the model that run or wait, at most */
    constructor(share, mostPending, start) {
        this.#share = share;
        this.#mostPending = mostPending;
        this.#start = start;
    }
    get size() {
        return this.#waiting.size;
    }
    /**
     * Starts a run in its turn.
     * @param isOwned nobody changes the run's values meanwhile; else they are copied
     * @param onDropped called if it never starts
     * @throws ERR_QUEUE_FULL, ERR_TIMEOUT, `signal.reason`, ERR_DISPOSED, and what the engine throws
     */
    async add(run, isOwned, onDropped) {
        const { signal, timeoutMs } = run.limits;
        signal?.throwIfAborted();
        if (this.#share.running + this.#waiting.size >= this.#mostPending) {
            throw torchError('ERR_QUEUE_FULL', "The model's queue of waiting runs is full; raise maxPending or send less");
        }
        const values = isOwned
            ? run.values
            : run.values.map((value, i) => (value === undefined ? value : copyValue(value, run.names[i] ?? `argument ${i}`)));
        const since = this.#desk.clock.now();
        const waiting = new WaitingRun(this.#desk, { signal, timeoutMs, since, onFinished: () => !waiting.hasBegun && onDropped?.() }, { ...run, values }, (begun) => {
            this.#waiting.delete(waiting);
            return this.#start(begun);
        }, () => this.#desk.clock.now() - since);
        this.#waiting.add(waiting);
        this.#share.wait(waiting);
        return waiting.promise;
    }
    /** Rejects all that wait. */
    close() {
        for (const waiting of this.#waiting) {
            waiting.giveUp(torchError('ERR_DISPOSED', 'The model was disposed'));
        }
    }
}
