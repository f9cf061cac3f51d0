import { turns } from './turn.js';
/** A clock that stands still until the test moves it on. */
export class SteppedClock {
    /** How often the time was asked for. */
    reads = 0;
    #now = 1000;
    #timers = new Set();
    /** Timers that wait. */
    get pending() {
        return this.#timers.size;
    }
    now() {
        this.reads++;
        return this.#now;
    }
    after(ms, callback) {
        const timer = { due: this.#now + ms, callback };
        this.#timers.add(timer);
        return () => {
            this.#timers.delete(timer);
        };
    }
    /** Lets time pass, stopping at every timer that is due on the way. */
    advance(ms) {
        const end = this.#now + ms;
        for (let timer = this.#earliest(end); timer; timer = this.#earliest(end)) {
            this.#timers.delete(timer);
            this.#now = Math.max(this.#now, timer.due);
            timer.callback();
        }
        this.#now = end;
    }
    /** Lets time pass without a timer: an event loop that is held up. */
    stall(ms) {
        this.#now += ms;
    }
    /** Lets turns of the event loop and time go by until some work has settled. */
    async drive(work, msPerTurn = 1) {
        let isPending = true;
        const done = () => void (isPending = false);
        work.then(done, done);
        for (let turn = 0; isPending; ++turn) {
            if (turn > 1_000_000)
                throw new Error('the work never settles');
            await turns(1);
            if (isPending)
                this.advance(msPerTurn);
        }
        return work;
    }
    #earliest(end) {
        let found;
        for (const timer of this.#timers)
            if (timer.due <= end && !(found && found.due <= timer.due))
                found = timer;
        return found;
    }
}
