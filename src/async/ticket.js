import { torchError } from '../errors.js';
import { Deadlines, systemClock } from './clock.js';
/** What the tickets of one queue share: a clock, one timer for all deadlines, and the hold of the event loop. */
export class Desk {
    clock;
    #hooks;
    #deadlines;
    #holds = 0;
    constructor(hooks = {}) {
        this.#hooks = hooks;
        this.clock = hooks.clock ?? systemClock;
        this.#deadlines = new Deadlines(this.clock, (ticket) => {
            ticket.expire();
        });
    }
    /** One more reason to keep the event loop alive. */
    hold() {
        if (this.#holds++ === 0)
            this.#hooks.hold?.(true);
    }
    unhold() {
        if (--this.#holds === 0)
            this.#hooks.hold?.(false);
    }
    /** For Ticket alone, as are the next two. */
    opened(ticket) {
        this.hold();
        if (ticket.deadline !== Infinity)
            this.#deadlines.add(ticket);
    }
    settled(ticket) {
        if (ticket.deadline !== Infinity)
            this.#deadlines.remove(ticket);
        this.unhold();
    }
    drop(ticket, why) {
        return this.#hooks.drop?.(ticket, why) ?? false;
    }
}
/**
 * The promise of some work. Whatever comes first settles it, once: the work's end, its signal, its deadline, or its owner.
 * The event loop is held for it until then. The work itself ends once too, perhaps long after, and tells `onFinished`.
 */
export class Ticket {
    promise;
    /** When the time began; 0 where neither that nor a limit was given, since asking for the time costs. */
    since;
    /** On the desk's clock; Infinity for never. */
    deadline;
    settled = false;
    desk;
    fulfil;
    refuse;
    onFinished;
    unfollow;
    constructor(desk, { signal, timeoutMs = Infinity, since, onFinished } = {}) {
        this.desk = desk;
        this.since = since ?? (timeoutMs === Infinity ? 0 : desk.clock.now());
        this.deadline = this.since + timeoutMs;
        this.onFinished = onFinished;
        // A field for each of both, and no closure beyond this one: at this rate every further one is felt.
        this.promise = new Promise((resolve, reject) => {
            this.fulfil = resolve;
            this.refuse = reject;
        });
        if (signal) {
            this.unfollow = onAbort(signal, () => {
                this.giveUp(signal.reason, 'aborted');
            });
        }
        this.desk.opened(this);
    }
    /** The work has ended well. Returns whether the promise was settled by this. */
    resolve(value) {
        this.finish();
        if (!this.settle())
            return false;
        this.fulfil(value);
        return true;
    }
    /** The work has failed, or will never be done. Returns whether the promise was settled by this. */
    reject(reason) {
        this.finish();
        if (!this.settle())
            return false;
        this.refuse(reason);
        return true;
    }
    /** Settles the promise before the work has ended: what has begun goes on for nobody. */
    giveUp(reason, why = 'withdrawn') {
        if (!this.settle())
            return;
        if (this.desk.drop(this, why))
            this.finish();
        this.refuse(reason);
    }
    expire() {
        const limit = Math.max(1, Math.round(this.deadline - this.since));
        this.giveUp(torchError('ERR_TIMEOUT', `Expected an answer within ${limit} ms`), 'expired');
    }
    /** The work has ended; by itself this settles nothing. */
    finish() {
        const onFinished = this.onFinished;
        if (!onFinished)
            return;
        this.onFinished = undefined;
        onFinished();
    }
    settle() {
        if (this.settled)
            return false;
        this.settled = true;
        this.unfollow?.();
        this.desk.settled(this);
        return true;
    }
}
/** Who follows which signal. */
const followersOf = new WeakMap();
/** All that follow one signal, behind one listener: Node looks through all of a signal's for each that comes or goes. */
class Followers {
    #signal;
    #callbacks = new Set();
    constructor(signal) {
        this.#signal = signal;
        followersOf.set(signal, this);
        signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    add(callback) {
        this.#callbacks.add(callback);
    }
    delete(callback) {
        if (!this.#callbacks.delete(callback) || this.#callbacks.size > 0)
            return;
        followersOf.delete(this.#signal);
        this.#signal.removeEventListener('abort', this.#onAbort);
    }
    #onAbort = () => {
        followersOf.delete(this.#signal);
        for (const callback of this.#callbacks) {
            this.#callbacks.delete(callback);
            try {
                callback();
            }
            catch (error) {
                // As Node does with what a listener throws: the others hear of the abort nevertheless.
                process.nextTick(() => {
                    throw error;
                });
            }
        }
    };
}
/**
 * Calls `listener` when the signal aborts; returns what takes it off again. One signal may serve every call of a program
 * (its shutdown, say): it has one listener of ours whatever the number of calls, so that neither their number costs nor
 * Node warns of a leak.
 * @param listener a function of this call alone
 */
export function onAbort(signal, listener) {
    const followers = followersOf.get(signal) ?? new Followers(signal);
    followers.add(listener);
    return () => {
        followers.delete(listener);
    };
}
