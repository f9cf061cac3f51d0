/** Clients that are remembered at once. The one that has sent nothing for longest is forgotten first. */
const mostClients = 10_000;
/**
 * So many requests a second for each client, with a burst: the generic cell rate algorithm (ITU-T I.371), which keeps one
 * number a client, the time at which all of its requests so far would have been due.
 */
export class RateLimit {
    #intervalMs;
    #slackMs;
    #now;
    #due = new Map();
    /** @param burst requests that may come at once, at least 1 @param now milliseconds of a clock that never goes back */
    constructor(perSecond, burst, now) {
        this.#intervalMs = 1000 / perSecond;
        this.#slackMs = (burst - 1) * this.#intervalMs;
        this.#now = now;
    }
    /** Takes a request of the client, or says after how many milliseconds the next one is taken. */
    waitOf(client) {
        const now = this.#now();
        const due = Math.max(this.#due.get(client) ?? 0, now);
        if (due - now > this.#slackMs)
            return due - now - this.#slackMs;
        // Who came last is last: those before are done first, so that making room looks at few.
        this.#due.delete(client);
        if (this.#due.size >= mostClients)
            this.#makeRoom(now);
        this.#due.set(client, due + this.#intervalMs);
        return 0;
    }
    get clients() {
        return this.#due.size;
    }
    #makeRoom(now) {
        for (const [client, due] of this.#due) {
            if (due > now && this.#due.size < mostClients)
                return;
            this.#due.delete(client);
        }
    }
}
