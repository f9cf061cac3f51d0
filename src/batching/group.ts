import type { Request } from './request.js';

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

  constructor(readonly key: string) {}

  push(request: Request): void {
    let lane = this.#lanes.get(request.level);
    if (!lane) this.#lanes.set(request.level, (lane = new Lane()));
    lane.push(request);
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
