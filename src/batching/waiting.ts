import { Group } from './group.js';
import type { Request } from './request.js';
import type { CloseReason } from './stats.js';

/** What waits, by group, with the bounds' counts. Requests start in the order of their ranks. */
export class Waiting {
  readonly #groups = new Map<string, Group>();
  requests = 0;
  rows = 0;
  bytes = 0;

  push(request: Request): void {
    const { key, rows, bytes } = request.call;
    let group = this.#groups.get(key);
    if (!group) this.#groups.set(key, (group = new Group(key)));
    group.push(request);
    this.requests++;
    this.rows += rows;
    this.bytes += bytes;
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
  }
}
