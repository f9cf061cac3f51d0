import { lowestPriority } from './options.js';

/** What waits, as it is counted here. `pile` there is kept here. */
export interface Counted {
  readonly level: number;
  readonly since: number;
  readonly deadline: number;
  readonly call: { readonly rows: number };
  pile: Pile | undefined;
}

/** Rows of one level whose time limits are alike and that expire at about the same time. */
export interface Pile {
  rows: number;
  /** The last deadline among them. */
  latest: number;
  readonly key: number;
  readonly limits: Limits;
}

/** Rows with time limits between a power of two and the next, in the order in which they came: so they expire, too. */
interface Limits {
  readonly piles: Map<number, Pile>;
  last: Pile | undefined;
}

/** Deadlines within this part of the time limit are one pile's. */
const parts = 16;
/** log2 of the longest time limit that is told from none. */
const longest = 40;

/** The rows that wait, by their levels and by the time that they have left: how much of them comes before a new one. */
export class Backlog {
  /** Rows by level. */
  readonly #rows = new Float64Array(lowestPriority + 1);
  /** By level and by log2 of the time limit. There are few. */
  readonly #limits = new Map<number, Limits>();

  /** How many piles there are; each kind of limit keeps one that is empty. */
  get piles(): number {
    let count = 0;
    for (const { piles } of this.#limits.values()) count += piles.size;
    return count;
  }

  enter(request: Counted): void {
    const { level, since, deadline, call } = request;
    this.#rows[level] = (this.#rows[level] ?? 0) + call.rows;
    const limit = deadline - since;
    const scale = limit < 2 ** longest ? Math.max(0, Math.ceil(Math.log2(limit))) : longest;
    const kind = scale * (lowestPriority + 1) + level;
    let limits = this.#limits.get(kind);
    if (!limits) this.#limits.set(kind, (limits = { piles: new Map(), last: undefined }));
    const key = scale === longest ? 0 : Math.floor((deadline * parts) / 2 ** scale);
    const { last } = limits;
    let pile = last?.key === key ? last : limits.piles.get(key);
    if (!pile) limits.piles.set(key, (pile = { rows: 0, latest: 0, key, limits }));
    // The last one is kept while it is empty: requests that come one by one make no object each.
    if (last && last !== pile && last.rows === 0) limits.piles.delete(last.key);
    limits.last = pile;
    pile.rows += call.rows;
    if (deadline > pile.latest) pile.latest = deadline;
    request.pile = pile;
  }

  leave(request: Counted): void {
    const { level, call, pile } = request;
    this.#rows[level] = (this.#rows[level] ?? 0) - call.rows;
    if (!pile) return;
    request.pile = undefined;
    pile.rows -= call.rows;
    if (pile.rows === 0 && pile.limits.last !== pile) pile.limits.piles.delete(pile.key);
  }

  /** Rows of this level and of those that are more urgent: they are before what comes now, if they live so long. */
  rowsUpTo(level: number): number {
    let rows = 0;
    for (let each = 1; each <= level; each++) rows += this.#rows[each] ?? 0;
    return rows;
  }

  /**
   * The same without the rows that will have expired before their turn: the least that run before what comes now. Those with
   * more time are put before the others, which is the least favourable order for these; those with as much time as each other
   * come in their own order. The cost is by the kinds of limits, not by what waits.
   * @param rowMs the least that a row takes
   */
  leastUpTo(level: number, now: number, rowMs: number): number {
    if (!(rowMs > 0)) return 0;
    const kinds = [...this.#limits.keys()].filter((kind) => kind % (lowestPriority + 1) <= level).sort((a, b) => b - a);
    let ms = 0;
    for (const kind of kinds) {
      for (const { rows, latest } of (this.#limits.get(kind) as Limits).piles.values()) {
        // Rows start until their time is over, and no longer.
        ms = Math.min(ms + rows * rowMs, Math.max(ms, latest - now));
      }
    }
    return ms / rowMs;
  }
}
