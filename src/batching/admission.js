import { torchError } from '../errors.js';
/** Fewer batches than this say too little about the next ones. */
const fewestBatches = 16;
/** Who may wait in a queue: within its bounds, fairly among its clients, and with a chance to be answered in time. */
export class Admission {
    #waiting;
    #options;
    #fit;
    #instances;
    constructor(waiting, options, fit, instances) {
        this.#waiting = waiting;
        this.#options = options;
        this.#fit = fit;
        this.#instances = instances;
    }
    /** Not even one more row of this client would be taken; without a client: of nobody in particular. */
    isFullFor(client) {
        if (!this.#isOver(1, 1))
            return false;
        return client === undefined || !this.#isBelowShare(client, 1, 1);
    }
    /** @throws ERR_INVALID_SHAPE for more rows than ever fit */
    requireSize({ rows }) {
        const { maxQueueSize } = this.#options;
        if (rows <= maxQueueSize)
            return;
        throw torchError('ERR_INVALID_SHAPE', `Expected at most ${maxQueueSize} rows (maxQueueSize) but received ${rows}`);
    }
    /**
     * Makes room where the client has less than its share of a full queue: what came last of the client that has most gives way.
     * @throws ERR_QUEUE_FULL (rows or bytes)
     */
    requireRoom({ rows, bytes }, client) {
        const { maxQueueSize } = this.#options;
        while (this.#isOver(rows, bytes)) {
            const victim = client === undefined ? undefined : this.#victimFor(client, rows, bytes);
            if (!victim)
                throw queueFull(this.#waiting.rows + rows > maxQueueSize, this.#options);
            victim.isPushedOut = true;
            victim.giveUp(queueFull(true, this.#options));
        }
    }
    /**
     * Refuses what cannot be answered in time by what batches have taken. The estimate is the least that it can be: what runs
     * at the moment counts nothing, and a batch takes no longer than the fastest of the last ones. So it is never refused when
     * nothing runs, and a wrong measurement is soon corrected by those that do.
     * @throws ERR_TIMEOUT
     */
    requireTime({ rows }, { timeoutMs, level }, inFlight, capacity) {
        if (timeoutMs === Infinity || inFlight === 0 || this.#fit.samples < fewestBatches)
            return;
        const batches = Math.floor(this.#waiting.rowsUpTo(level) / capacity);
        const neededMs = (batches * this.#fit.least(capacity)) / this.#instances + this.#fit.least(Math.min(rows, capacity));
        if (neededMs <= timeoutMs)
            return;
        throw torchError('ERR_TIMEOUT', `Expected at least ${Math.ceil(neededMs)} ms for an answer, because others wait, but received a limit of ${Math.ceil(timeoutMs)} ms`);
    }
    #isOver(rows, bytes) {
        const { maxQueueSize, maxQueueBytes } = this.#options;
        return this.#waiting.rows + rows > maxQueueSize || this.#waiting.bytes + bytes > maxQueueBytes;
    }
    /** The queue divided by the clients that wait, this one among them; with more clients than places, a place. */
    #shareFor(client) {
        const { shares } = this.#waiting;
        const fair = 1 / (shares.clients + (shares.of(client)?.rows ? 0 : 1));
        return Math.max(fair, 1 / this.#options.maxQueueSize);
    }
    #isBelowShare(client, rows, bytes) {
        const own = this.#waiting.shares.of(client);
        const used = this.#partOf((own?.rows ?? 0) + rows, (own?.bytes ?? 0) + bytes);
        return used <= this.#shareFor(client);
    }
    /** What gives way to a call of the client; undefined when nobody has more than its share. */
    #victimFor(client, rows, bytes) {
        if (!this.#isBelowShare(client, rows, bytes))
            return undefined;
        let most;
        let part = this.#shareFor(client);
        for (const holding of this.#waiting.shares.all()) {
            const used = this.#partOf(holding.rows, holding.bytes);
            if (used <= part || holding.client === client)
                continue;
            most = holding;
            part = used;
        }
        return most?.newest;
    }
    /** How much of the queue that is, by what there is less of. */
    #partOf(rows, bytes) {
        return Math.max(rows / this.#options.maxQueueSize, bytes / this.#options.maxQueueBytes);
    }
}
function queueFull(isRows, { maxQueueSize, maxQueueBytes }) {
    const what = isRows ? `${maxQueueSize} rows` : `${maxQueueBytes} bytes`;
    return torchError('ERR_QUEUE_FULL', `Expected at most ${what} waiting; the queue is full`);
}
