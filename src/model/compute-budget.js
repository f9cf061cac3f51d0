/**
 * The threads that compute at one time, over all models and engines of this process. A run takes as many slots as it has
 * threads. Models wait in one line, and each turn lets the first of them start one run: nobody starves, whatever the others
 * send. While every model together fits the budget, nobody waits and nothing is asked.
 */
import { warnOf } from '../errors.js';
/** Longer than any wait: the timer is there to keep the event loop alive. */
const foreverMs = 2 ** 31 - 1;
export class ComputeBudget {
    #now;
    #shares = new Set();
    /** Models with a run that waits, in the order of their turns. */
    #line = new Set();
    #slots = Infinity;
    #isOpen = true;
    /** Whose turn it is at this moment. */
    #turn;
    #isAdvancing = false;
    #lastBegan = 0;
    #hold;
    constructor(now = () => performance.now()) {
        this.#now = now;
    }
    /** Slots at most; Infinity, the default, for no limit. */
    get slots() {
        return this.#slots;
    }
    /** Every model may run on all its instances at one time. */
    get isOpen() {
        return this.#isOpen;
    }
    /** Slots that running runs take. What was started while the budget was open may take more than there are. */
    get used() {
        let used = 0;
        for (const share of this.#shares)
            used += Math.min(share.running, share.instances) * share.threads;
        return used;
    }
    /** Sets the slots. Runs that wait may start at once. */
    limit(slots) {
        this.#slots = slots;
        this.#changed();
    }
    /** A model comes in. Its runs take part until it leaves. */
    join(instances, threads) {
        const share = new ComputeShare(this, instances, threads);
        this.#shares.add(share);
        this.#changed();
        return share;
    }
    /** @internal The next is for ComputeShare alone, as are those below. */
    leave(share) {
        this.#shares.delete(share);
        this.#line.delete(share);
        this.#changed();
    }
    admits(share) {
        if (this.#isOpen)
            return true;
        if (this.#turn === share) {
            this.#turn = undefined; // a turn is one run
            return true;
        }
        if (share.isWaiting || !this.#hasRoom(share))
            return false;
        for (const other of this.#line)
            if (other.hasInstance)
                return false; // it waits for slots, and came first
        return true;
    }
    began() {
        if (!this.#isOpen)
            this.#lastBegan = this.#now();
    }
    ended() {
        if (this.#line.size > 0)
            this.#advance();
    }
    lineUp(share) {
        this.#line.add(share);
        this.#hold ??= setInterval(() => undefined, foreverMs);
    }
    stepOut(share) {
        this.#line.delete(share);
        this.#advance(); // it may have been in the way of others
    }
    /** Milliseconds for which no run at all has begun although one that has waited since then could use its instance. */
    stalledMs(since) {
        return this.#now() - Math.max(since, this.#lastBegan);
    }
    now() {
        return this.#now();
    }
    #changed() {
        let most = 0;
        for (const { instances, threads } of this.#shares)
            most += instances * threads;
        this.#isOpen = most <= this.#slots;
        this.#advance();
    }
    /** A run of more threads than there are slots takes all of them. */
    #hasRoom(share) {
        return share.hasInstance && this.used + Math.min(share.threads, this.#slots) <= this.#slots;
    }
    #advance() {
        if (this.#isAdvancing)
            return; // a turn has ended a run: the loop below looks again
        this.#isAdvancing = true;
        while (this.#takeTurn())
            ;
        this.#isAdvancing = false;
        if (this.#line.size > 0)
            return;
        clearInterval(this.#hold);
        this.#hold = undefined;
    }
    #takeTurn() {
        for (const share of this.#line) {
            if (!this.#isOpen) {
                if (!share.hasInstance)
                    continue;
                if (!this.#hasRoom(share))
                    return false;
            }
            this.#line.delete(share);
            this.#turn = share;
            try {
                share.next()?.begin();
            }
            catch (error) {
                warnOf(error); // a fault of ours, and none of those that wait
            }
            this.#turn = undefined;
            if (share.isWaiting)
                this.#line.add(share);
            return true;
        }
        return false;
    }
}
/** What one model has of the budget. */
export class ComputeShare {
    instances;
    /** Slots that one run takes. */
    threads;
    /** Runs that the engine has taken and not ended. */
    running = 0;
    #budget;
    #waiters = new Set();
    #waitingSince = 0;
    #hasLeft = false;
    /** Made by ComputeBudget.join. */
    constructor(budget, instances, threads) {
        this.#budget = budget;
        this.instances = instances;
        this.threads = threads;
    }
    /** Nobody waits for anybody: every run may go to the engine at once. */
    get isOpen() {
        return this.#budget.isOpen || this.#hasLeft;
    }
    /** An instance is idle. */
    get hasInstance() {
        return this.running < this.instances;
    }
    get isWaiting() {
        return this.#waiters.size > 0;
    }
    /** Whether a run may go to the engine at this moment. Who asks starts it before anything else happens. */
    admits() {
        return this.#hasLeft || this.#budget.admits(this);
    }
    /** Calls the waiter's `begin` once, in its turn. Waiting already, it keeps its place. */
    wait(waiter) {
        if (this.#waiters.size === 0)
            this.#waitingSince = this.#budget.now();
        this.#waiters.add(waiter);
        this.#budget.lineUp(this);
    }
    /** The waiter does not wait any more. */
    forget(waiter) {
        if (this.#waiters.delete(waiter) && this.#waiters.size === 0)
            this.#budget.stepOut(this);
    }
    /** The engine has taken a run. */
    began() {
        this.running++;
        this.#budget.began();
    }
    /** A run has ended, or was dropped. */
    ended() {
        this.running--;
        this.#budget.ended();
    }
    /** Milliseconds for which runs of this model have waited for slots while no run of any model began; undefined if none waits for slots. */
    get stalledMs() {
        return this.isWaiting && this.hasInstance ? this.#budget.stalledMs(this.#waitingSince) : undefined;
    }
    /** The model is disposed. What waits is let through, for the model to refuse it. */
    close() {
        this.#hasLeft = true;
        for (let waiter = this.next(); waiter; waiter = this.next())
            waiter.begin();
    }
    /** The engine has ended its last run. */
    leave() {
        this.#hasLeft = true;
        this.#budget.leave(this);
    }
    /** The one that has waited longest, who waits no more. @internal */
    next() {
        const [first] = this.#waiters;
        if (first)
            this.#waiters.delete(first);
        return first;
    }
}
/** Of this process, or of this worker thread. Open until `runtime.configure` sets `computeThreads`. */
export const computeBudget = new ComputeBudget();
