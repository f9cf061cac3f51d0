/** Something that waits. `holding` and its neighbours there are kept here. */
export interface Held<R> {
  /** Undefined: it counts for nobody. */
  readonly client: string | undefined;
  readonly call: { readonly rows: number; readonly bytes: number };
  holding: Holding<R> | undefined;
  older: R | undefined;
  newer: R | undefined;
}

/** What one client has waiting. */
export class Holding<R> {
  rows = 0;
  bytes = 0;
  /** The last one that came; each knows its neighbours. */
  newest: R | undefined;

  constructor(readonly client: string) {}
}

/** Who has how much waiting. It costs next to nothing while there is one client. */
export class Shares<R extends Held<R>> {
  readonly #holdings = new Map<string, Holding<R>>();
  /** The one that was asked for last; kept while it is empty, so that a single client makes no object a request. */
  #last: Holding<R> | undefined;

  /** Clients that have something waiting. */
  get clients(): number {
    return this.#holdings.size - (this.#last?.rows === 0 && this.#holdings.has(this.#last.client) ? 1 : 0);
  }

  enter(request: R): void {
    const { client, call } = request;
    if (client === undefined) return;
    const holding = this.#holdingOf(client);
    holding.rows += call.rows;
    holding.bytes += call.bytes;
    const { newest } = holding;
    if (newest) newest.newer = request;
    request.older = newest;
    request.holding = holding;
    holding.newest = request;
  }

  leave(request: R): void {
    const { holding, call, older, newer } = request;
    if (!holding) return;
    holding.rows -= call.rows;
    holding.bytes -= call.bytes;
    if (older) older.newer = newer;
    if (newer) newer.older = older;
    else holding.newest = older;
    request.holding = request.older = request.newer = undefined;
    if (holding.rows === 0 && holding !== this.#last) this.#holdings.delete(holding.client);
  }

  /** What the client has waiting; undefined, or without rows, when that is nothing. */
  of(client: string): Holding<R> | undefined {
    return this.#holdings.get(client);
  }

  all(): Iterable<Holding<R>> {
    return this.#holdings.values();
  }

  #holdingOf(client: string): Holding<R> {
    const last = this.#last;
    if (last?.client === client) return last;
    if (last?.rows === 0) this.#holdings.delete(last.client);
    let holding = this.#holdings.get(client);
    if (!holding) this.#holdings.set(client, (holding = new Holding<R>(client)));
    return (this.#last = holding);
  }
}
