/** Node's timers fire at once when asked for more. */
const longestDelayMs = 2 ** 31 - 1;
export const systemClock = {
    now: () => performance.now(),
    after(ms, callback) {
        const timer = setTimeout(callback, Math.min(Math.max(1, Math.ceil(ms)), longestDelayMs)).unref();
        return () => {
            clearTimeout(timer);
        };
    },
};
/** Everything that has a deadline and is not done, and one timer for the earliest deadline among them. */
export class Deadlines {
    #live = new Set();
    #clock;
    #onExpired;
    #stop;
    #due = Infinity;
    /** @param onExpired removes what it is called with */
    constructor(clock, onExpired) {
        this.#clock = clock;
        this.#onExpired = onExpired;
    }
    add(due) {
        this.#live.add(due);
        if (due.deadline < this.#due)
            this.#arm(due.deadline);
    }
    remove(due) {
        if (this.#live.delete(due) && this.#live.size === 0)
            this.#disarm();
    }
    // The timer may be early for what is left, never late: it looks at all and arms itself again.
    #fire() {
        this.#disarm();
        const now = this.#clock.now();
        let next = Infinity;
        for (const due of this.#live) {
            if (due.deadline <= now)
                this.#onExpired(due);
            else if (due.deadline < next)
                next = due.deadline;
        }
        if (next < Infinity)
            this.#arm(next);
    }
    #arm(due) {
        this.#stop?.();
        this.#due = due;
        this.#stop = this.#clock.after(due - this.#clock.now(), () => {
            this.#fire();
        });
    }
    #disarm() {
        this.#stop?.();
        this.#stop = undefined;
        this.#due = Infinity;
    }
}
