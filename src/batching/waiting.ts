import { Ticket, type Desk } from '../async/ticket.js';
import type { Call } from '../model/call.js';
import type { Execution } from '../model/model.js';
import type { CallSpan } from './call-span.js';
import { Backlog, type Counted, type Pile } from './backlog.js';
import { Shares, type Held, type Holding } from './shares.js';
import type { CloseReason } from './stats.js';

/** Where a request stands in the order of service, and how long it may take. All times are the queue's clock's. */
export interface Order {
  readonly since: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Its priority: 1 is the most urgent. */
  readonly level: number;
  /** Whom its share of the queue counts for; undefined: nobody. */
  readonly client?: string | undefined;
  /** Of the request that it answers. */
  readonly span?: CallSpan | undefined;
}

/** A call, or a part of a call that was larger than a batch, waiting or in a batch. */
export class Request extends Ticket<unknown> implements Held<Request>, Counted {
  readonly level: number;
  /** In a batch, so no longer counted as waiting. */
  started = false;
  /** Shares no run, and is not padded. */
  isAlone = false;
  /** It had to give way to a client that has less waiting. */
  isPushedOut = false;
  readonly client: string | undefined;
  readonly span: CallSpan | undefined;
  /** What its client has waiting, and its neighbours there; Shares' own. */
  holding: Holding<Request> | undefined = undefined;
  older: Request | undefined = undefined;
  newer: Request | undefined = undefined;
  /** Backlog's own. */
  pile: Pile | undefined = undefined;

  /**
   * @param rank position in the order of service: requests start in ascending order within their group
   * @param pick what of an execution the caller is given
   * @param isPart of a call that was larger than a batch
   */
  constructor(
    desk: Desk<Request>,
    readonly call: Call,
    order: Order,
    readonly rank: number,
    readonly pick: (execution: Execution) => unknown,
    readonly isPart = false,
  ) {
    super(desk, order);
    this.level = order.level;
    this.client = order.client;
    this.span = order.span;
  }
}

/** Fewer settled requests than this are not worth a compaction. */
const worthCompacting = 32;

/** Waiting requests of one level, in the order of their ranks. */
class Lane {
  #requests: Request[] = [];
  #head = 0;
  #settled = 0;

  get first(): Request | undefined {
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

  push(request: Request): void {
    this.#requests.push(request);
  }

  *live(): Iterable<Request> {
    for (let i = this.#head; i < this.#requests.length; ++i) {
      const request = this.#requests[i] as Request;
      if (!request.settled) yield request;
    }
  }

  shift(): void {
    this.#head++;
    if (this.#head >= worthCompacting && this.#head * 2 >= this.#requests.length) this.#compact();
  }

  /** A waiting request was settled. It is passed over when its turn comes, or swept when too many have gathered. */
  forget(): void {
    this.#settled++;
    if (this.#settled >= worthCompacting && this.#settled * 2 >= this.#requests.length - this.#head) this.#compact();
  }

  #compact(): void {
    this.#requests = this.#requests.slice(this.#head).filter(({ settled }) => !settled);
    this.#head = 0;
    this.#settled = 0;
  }
}

/** Waiting requests of one key: those that may share a batch. */
export class Group {
  readonly #lanes = new Map<number, Lane>();
  rows = 0;

  /** @param isAlone its requests share no runs after all */
  constructor(
    readonly key: string,
    readonly isAlone = false,
  ) {}

  push(request: Request): void {
    let lane = this.#lanes.get(request.level);
    if (!lane) this.#lanes.set(request.level, (lane = new Lane()));
    lane.push(request);
    request.isAlone = this.isAlone;
    this.rows += request.call.rows;
  }

  /** The request whose turn it is. */
  get first(): Request | undefined {
    return this.#firstLane()?.first;
  }

  /** Every waiting request, in no order that matters. */
  *live(): Iterable<Request> {
    for (const lane of this.#lanes.values()) yield* lane.live();
  }

  /** Takes requests in order while they fit into `capacity` rows; always the first. */
  take(capacity: number): Request[] {
    const taken: Request[] = [];
    let rows = 0;
    for (let lane = this.#firstLane(); lane; lane = this.#firstLane()) {
      const request = lane.first as Request;
      if (taken.length > 0 && rows + request.call.rows > capacity) break; // no overtaking: order is kept
      lane.shift();
      rows += request.call.rows;
      taken.push(request);
      if (rows >= capacity) break;
    }
    this.rows -= rows;
    return taken;
  }

  /** A waiting request was settled from outside. */
  forget(request: Request): void {
    this.rows -= request.call.rows;
    this.#lanes.get(request.level)?.forget();
  }

  #firstLane(): Lane | undefined {
    let found: Lane | undefined;
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
  readonly #groups = new Map<string, Group>();
  readonly #isAlone: (call: Call) => boolean;
  readonly shares = new Shares<Request>();
  readonly backlog = new Backlog();
  requests = 0;
  rows = 0;
  bytes = 0;

  /** @param isAlone whether calls of this key must share no runs; asked once for each group */
  constructor(isAlone: (call: Call) => boolean = () => false) {
    this.#isAlone = isAlone;
  }

  push(request: Request): void {
    const { key, rows, bytes } = request.call;
    let group = this.#groups.get(key);
    if (!group) this.#groups.set(key, (group = new Group(key, this.#isAlone(request.call))));
    group.push(request);
    this.requests++;
    this.rows += rows;
    this.bytes += bytes;
    this.backlog.enter(request);
    this.shares.enter(request);
  }

  /** The group whose first request comes first, of those that are ready. In one pass: there may be a group a request. */
  next(isReady: (group: Group) => boolean): Group | undefined {
    let found: Group | undefined;
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
  take(group: Group, capacity: number): { requests: Request[]; reason: CloseReason } {
    const requests = group.take(capacity);
    for (const request of requests) {
      request.started = true;
      this.#remove(request);
    }
    const full = group.rows > 0 || requests.reduce((sum, { call }) => sum + call.rows, 0) >= capacity;
    if (group.rows === 0) this.#groups.delete(group.key);
    return { requests, reason: full ? 'size' : this.requests > 0 ? 'shape' : 'idle' };
  }

  /** A waiting request was settled: its place is free at once. */
  forget(request: Request): void {
    const group = this.#groups.get(request.call.key);
    if (!group) return;
    group.forget(request);
    this.#remove(request);
    if (group.rows === 0) this.#groups.delete(group.key);
  }

  #remove(request: Request): void {
    this.requests--;
    this.rows -= request.call.rows;
    this.bytes -= request.call.bytes;
    this.backlog.leave(request);
    this.shares.leave(request);
  }
}
