import { send } from './messages.js';
/**
 * Finds workers whose event loop stands still. Silence is counted in questions that were not answered, not in time: when the
 * whole machine slept, nobody was silent.
 */
export class Watchdog {
    /** Questions since the last word of a worker. */
    #silence = new Map();
    #patience;
    #onHanging;
    /** @param patience a worker that leaves so many questions unanswered hangs */
    constructor(patience, onHanging) {
        this.#patience = patience;
        this.#onHanging = onHanging;
    }
    /** Watches it from now on. One that still loads may be busy for longer. */
    add(worker) {
        this.#silence.set(worker, 0);
    }
    heard(worker) {
        if (this.#silence.has(worker))
            this.#silence.set(worker, 0);
    }
    remove(worker) {
        this.#silence.delete(worker);
    }
    tick(question) {
        for (const [worker, silence] of this.#silence) {
            if (silence >= this.#patience) {
                this.#silence.delete(worker);
                this.#onHanging(worker);
            }
            else {
                this.#silence.set(worker, silence + 1);
                send(worker, question());
            }
        }
    }
}
