/** What one client has waiting. */
export class Holding {
    client;
    rows = 0;
    bytes = 0;
    /** The last one that came; each knows its neighbours. */
    newest;
    constructor(client) {
        this.client = client;
    }
}
/** Who has how much waiting. It costs next to nothing while there is one client. */
export class Shares {
    #holdings = new Map();
    /** The one that was asked for last; kept while it is empty, so that a single client makes no object a request. */
    #last;
    /** Clients that have something waiting. */
    get clients() {
        return this.#holdings.size - (this.#last?.rows === 0 && this.#holdings.has(this.#last.client) ? 1 : 0);
    }
    enter(request) {
        const { client, call } = request;
        if (client === undefined)
            return;
        const holding = this.#holdingOf(client);
        holding.rows += call.rows;
        holding.bytes += call.bytes;
        const { newest } = holding;
        if (newest)
            newest.newer = request;
        request.older = newest;
        request.holding = holding;
        holding.newest = request;
    }
    leave(request) {
        const { holding, call, older, newer } = request;
        if (!holding)
            return;
        holding.rows -= call.rows;
        holding.bytes -= call.bytes;
        if (older)
            older.newer = newer;
        if (newer)
            newer.older = older;
        else
            holding.newest = older;
        request.holding = request.older = request.newer = undefined;
        if (holding.rows === 0 && holding !== this.#last)
            this.#holdings.delete(holding.client);
    }
    /** What the client has waiting; undefined when that is nothing. */
    of(client) {
        return this.#holdings.get(client);
    }
    all() {
        return this.#holdings.values();
    }
    #holdingOf(client) {
        const last = this.#last;
        if (last?.client === client)
            return last;
        if (last?.rows === 0)
            this.#holdings.delete(last.client);
        let holding = this.#holdings.get(client);
        if (!holding)
            this.#holdings.set(client, (holding = new Holding(client)));
        return (this.#last = holding);
    }
}
