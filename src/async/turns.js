import { setImmediate } from 'node:timers/promises';
/** How much is done in one turn of the event loop, in the caller's unit; bytes, as a rule. */
const perTurn = 256 * 1024;
/**
 * Cuts long work into turns of the event loop: `if (turns.isDue(done)) await turns.pause()`. One is shared by all parts of a
 * piece of work, since many small parts are as long as a large one.
 */
export class Turns {
    #done = 0;
    /** @param done what was done since it was asked last */
    isDue(done) {
        this.#done += done;
        return this.#done >= perTurn;
    }
    async pause() {
        this.#done = 0;
        await setImmediate();
    }
}
