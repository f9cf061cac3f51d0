import { sendConnection } from './messages.js';
/**
 * Hands the connections of the primary to its workers, in turn. A connection stays open here until its worker has confirmed
 * it, so that it can be handed on when the worker ends before: the round-robin of node:cluster leaves such a connection open
 * for ever. A worker has one unconfirmed connection at most, so one that hangs holds up no other.
 */
export class Distributor {
    #options;
    /** Oldest first. */
    #waiting = [];
    /** Workers that get connections. */
    #takers = new Set();
    /** Those of them that may be given one now; the one that has waited longest comes first. */
    #free = new Set();
    #unconfirmed = new Map();
    #sent = 0;
    #settled = [];
    constructor(options) {
        this.#options = options;
    }
    /** The number of the last connection that was sent to a worker. */
    get sent() {
        return this.#sent;
    }
    /** @param socket paused: nothing may be read of it here */
    offer(socket, protocol) {
        if (this.#waiting.length >= this.#options.maxWaiting) {
            this.#close(socket);
            return;
        }
        this.#waiting.push({ socket, protocol, since: this.#options.now() });
        this.#handOut();
    }
    /** From now on the worker gets connections. */
    add(worker) {
        this.#takers.add(worker);
        this.#next(worker);
    }
    /** The worker gets no more connections. One that it has not confirmed may still be on its way. */
    retire(worker) {
        this.#takers.delete(worker);
        this.#free.delete(worker);
    }
    /** The worker has ended, and all that it said was heard: what it has not confirmed it does not have. */
    remove(worker) {
        this.retire(worker);
        this.#takeBack(worker);
        this.#handOut();
    }
    confirmed(worker, number) {
        const sent = this.#unconfirmed.get(worker);
        if (sent?.number !== number)
            return;
        this.#unconfirmed.delete(worker);
        // The worker's side of it stays open.
        sent.socket.destroy();
        this.#next(worker);
    }
    /** The worker has had every message up to the connection of that number. One of them without its connection was lost. */
    heard(worker, number) {
        const sent = this.#unconfirmed.get(worker);
        if (!sent || sent.number > number)
            return;
        this.#takeBack(worker);
        this.#next(worker);
    }
    /** Closes what has waited for too long. */
    expire() {
        const before = this.#options.now() - this.#options.maxWaitMs;
        for (let first = this.#waiting[0]; first && first.since < before; first = this.#waiting[0]) {
            this.#waiting.shift();
            this.#close(first.socket);
        }
        this.#settle();
    }
    /** Resolves once nothing waits for a worker. */
    settled() {
        if (this.#waiting.length === 0)
            return Promise.resolve();
        return new Promise((resolve) => this.#settled.push(resolve));
    }
    #takeBack(worker) {
        const lost = this.#unconfirmed.get(worker);
        this.#unconfirmed.delete(worker);
        if (lost)
            this.#waiting.unshift(lost);
    }
    #next(worker) {
        if (this.#takers.has(worker) && !this.#unconfirmed.has(worker))
            this.#free.add(worker);
        this.#handOut();
    }
    #handOut() {
        for (const worker of this.#free) {
            const next = this.#waiting.shift();
            if (!next)
                break;
            this.#free.delete(worker);
            const number = ++this.#sent;
            this.#unconfirmed.set(worker, { ...next, number });
            sendConnection(worker, { kind: 'connection', number, protocol: next.protocol }, next.socket);
        }
        this.#settle();
    }
    #settle() {
        if (this.#waiting.length > 0)
            return;
        for (const resolve of this.#settled.splice(0))
            resolve();
    }
    #close(socket) {
        socket.destroy();
        this.#options.onClosed();
    }
}
