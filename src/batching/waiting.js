import { Ticket } from '../async/ticket.js';
import { Shares } from './shares.js';
import { lowestPriority } from './options.js';
/** A call, or a part of a call that was larger than a batch, waiting or in a batch. */
export class Request extends Ticket {
    call;
    rank;
    pick;
    isPart;
    level;
    /** In a batch, so no longer counted as waiting. */
    started = false;
    /** Shares no run, and is not padded. */
    isAlone = false;
    /** It had to give way to a client that has less waiting. */
    isPushedOut = false;
    client;
    /** What its client has waiting, and its neighbours there; Shares' own. */
    holding = undefined;
    older = undefined;
    newer = undefined;
    /**
     * @param rank position in the order of service: requests start in ascending order within their group
     * @param pick what of an execution the caller is given
     * @param isPart of a call that was larger than a batch
     */
    constructor(desk, call, order, rank, pick, isPart = false) {
        super(desk, order);
        this.call = call;
        this.rank = rank;
        this.pick = pick;
        this.isPart = isPart;
        this.level = order.level;
        this.client = order.client;
    }
}
/** Fewer settled requests than this are not worth a compaction. */
const worthCompacting = 32;
/** Waiting requests of one level, in the order of their ranks. */
class Lane {
    #requests = [];
    #head = 0;
    #settled = 0;
    get first() {
        while (this.#requests[this.#head]?.settled) {
            this.#head++;
            this.#settled--;
        }
        if (this.#head === this.#requests.length && this.#head > 0) {
            this.#requests = [];
            this.#head = 0;
        }
        return this.#requests[this.#head];
    }
    push(request) {
        this.#requests.push(request);
    }
    *live() {
        for (let i = this.#head; i < this.#requests.length; ++i) {
            const request = this.#requests[i];
            if (!request.settled)
                yield request;
        }
    }
    shift() {
        this.#head++;
        if (this.#head >= worthCompacting && this.#head * 2 >= this.#requests.length)
            this.#compact();
    }
    /** A waiting request was settled. It is passed over when its turn comes, or swept when too many have gathered. */
    forget() {
        this.#settled++;
        if (this.#settled >= worthCompacting && this.#settled * 2 >= this.#requests.length - this.#head)
            this.#compact();
    }
    #compact() {
        this.#requests = this.#requests.slice(this.#head).filter(({ settled }) => !settled);
        this.#head = 0;
        this.#settled = 0;
    }
}
/** Waiting requests of one key: those that may share a batch. */
export class Group {
    key;
    isAlone;
    #lanes = new Map();
    rows = 0;
    /** @param isAlone its requests share no runs after all */
    constructor(key, isAlone = false) {
        this.key = key;
        this.isAlone = isAlone;
    }
    push(request) {
        let lane = this.#lanes.get(request.level);
        if (!lane)
            this.#lanes.set(request.level, (lane = new Lane()));
        lane.push(request);
        request.isAlone = this.isAlone;
        this.rows += request.call.rows;
    }
    /** The request whose turn it is. */
    get first() {
        return this.#firstLane()?.first;
    }
    /** Every waiting request, in no order that matters. */
    *live() {
        for (const lane of this.#lanes.values())
            yield* lane.live();
    }
    /** Takes requests in order while they fit into `capacity` rows; always the first. */
    take(capacity) {
        const taken = [];
        let rows = 0;
        for (let lane = this.#firstLane(); lane; lane = this.#firstLane()) {
            const request = lane.first;
            if (taken.length > 0 && rows + request.call.rows > capacity)
                break; // no overtaking: order is kept
            lane.shift();
            rows += request.call.rows;
            taken.push(request);
            if (rows >= capacity)
                break;
        }
        this.rows -= rows;
        return taken;
    }
    /** A waiting request was settled from outside. */
    forget(request) {
        this.rows -= request.call.rows;
        this.#lanes.get(request.level)?.forget();
    }
    #firstLane() {
        let found;
        let rank = Infinity;
        for (const lane of this.#lanes.values()) {
            const first = lane.first;
            if (first && first.rank < rank) {
                found = lane;
                rank = first.rank;
            }
        }
        return found;
    }
}
/** What waits, by group, with the bounds' counts. Requests start in the order of their ranks. */
export class Waiting {
    #groups = new Map();
    #isAlone;
    shares = new Shares();
    /** Rows by level. */
    #levels = new Float64Array(lowestPriority + 1);
    requests = 0;
    rows = 0;
    bytes = 0;
    /** @param isAlone whether calls of this key must share no runs; asked once for each group */
    constructor(isAlone = () => false) {
        this.#isAlone = isAlone;
    }
    push(request) {
        const { key, rows, bytes } = request.call;
        let group = this.#groups.get(key);
        if (!group)
            this.#groups.set(key, (group = new Group(key, this.#isAlone(request.call))));
        group.push(request);
        this.requests++;
        this.rows += rows;
        this.bytes += bytes;
        this.#count(request.level, rows);
        this.shares.enter(request);
    }
    /** Rows of this level and of those that are more urgent: at least so many are before what comes now. */
    rowsUpTo(level) {
        let rows = 0;
        for (let each = 1; each <= level; each++)
            rows += this.#levels[each] ?? 0;
        return rows;
    }
    /** The group whose first request comes first, of those that are ready. In one pass: there may be a group a request. */
    next(isReady) {
        let found;
        let rank = Infinity;
        for (const group of this.#groups.values()) {
            const first = group.first;
            if (first && first.rank < rank && isReady(group)) {
                found = group;
                rank = first.rank;
            }
        }
        return found;
    }
    /** Takes a batch out of a group; the reason says why it is no larger. */
    take(group, capacity) {
        const requests = group.take(capacity);
        for (const request of requests) {
            request.started = true;
            this.#remove(request);
        }
        const full = group.rows > 0 || requests.reduce((sum, { call }) => sum + call.rows, 0) >= capacity;
        if (group.rows === 0)
            this.#groups.delete(group.key);
        return { requests, reason: full ? 'size' : this.requests > 0 ? 'shape' : 'idle' };
    }
    /** A waiting request was settled: its place is free at once. */
    forget(request) {
        const group = this.#groups.get(request.call.key);
        if (!group)
            return;
        group.forget(request);
        this.#remove(request);
        if (group.rows === 0)
            this.#groups.delete(group.key);
    }
    #count(level, rows) {
        this.#levels[level] = (this.#levels[level] ?? 0) + rows;
    }
    #remove(request) {
        this.requests--;
        this.rows -= request.call.rows;
        this.bytes -= request.call.bytes;
        this.#count(request.level, -request.call.rows);
        this.shares.leave(request);
    }
}
