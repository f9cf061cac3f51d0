import { torchError, type TorchError } from '../errors.js';
import type { Call } from '../model/call.js';
import type { LatencyFit } from './fit.js';
import type { ResolvedBatchOptions } from './options.js';
import type { Holding } from './shares.js';
import type { Order, Request, Waiting } from './waiting.js';

/** Fewer batches than this say too little about the next ones. */
const fewestBatches = 16;

/** What a client would have waiting. */
type Left = Pick<Holding<Request>, 'rows' | 'bytes' | 'newest'>;

/** Who may wait in a queue: within its bounds, fairly among its clients, and with a chance to be answered in time. */
export class Admission {
  readonly #waiting: Waiting;
  readonly #options: ResolvedBatchOptions;
  readonly #fit: LatencyFit;
  readonly #instances: number;

  constructor(waiting: Waiting, options: ResolvedBatchOptions, fit: LatencyFit, instances: number) {
    this.#waiting = waiting;
    this.#options = options;
    this.#fit = fit;
    this.#instances = instances;
  }

  /** Not even one more row of this client would be taken; without a client: of nobody in particular. Nobody gives way yet. */
  isFullFor(client?: string): boolean {
    return this.#isOver(1, 1) && (client === undefined || !this.#isBelowShare(client, 1, 1));
  }

  /** @throws ERR_INVALID_SHAPE for more rows than ever fit */
  requireSize({ rows }: Call): void {
    const { maxQueueSize } = this.#options;
    if (rows <= maxQueueSize) return;
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected at most ${maxQueueSize} rows (maxQueueSize) in a request but received ${rows}: send fewer at once`,
    );
  }

  /**
   * Makes room where the client has less than its share of a full queue: what came last of the client that has most gives way.
   * Nobody does unless that is enough.
   * @throws ERR_QUEUE_FULL (rows or bytes)
   */
  makeRoom({ rows, bytes }: Call, client: string | undefined): void {
    if (!this.#isOver(rows, bytes)) return;
    const victims = client === undefined ? undefined : this.#victimsFor(client, rows, bytes);
    if (!victims) throw queueFull(this.#waiting.rows + rows > this.#options.maxQueueSize, this.#options);
    for (const victim of victims) {
      victim.isPushedOut = true;
      victim.giveUp(queueFull(true, this.#options));
    }
  }

  /**
   * Refuses what cannot be answered in time by what batches have taken. The estimate is the least that it may be expected to be:
   * what runs at the moment counts nothing, a batch takes no longer than the fastest of the last ones, and what waits before
   * takes nothing once its own time is over. So it is never refused when nothing runs, and a wrong measurement is soon corrected
   * by those that do.
   * @throws ERR_TIMEOUT
   */
  requireTime({ rows }: Call, { timeoutMs, level, since }: Order, inFlight: number, capacity: number): void {
    if (timeoutMs === Infinity || inFlight === 0 || this.#fit.samples < fewestBatches) return;
    const { backlog } = this.#waiting;
    const batchMs = this.#fit.least(capacity) / this.#instances;
    const ownMs = this.#fit.least(Math.min(rows, capacity));
    const neededFor = (before: number): number => Math.floor(before / capacity) * batchMs + ownMs;
    if (neededFor(backlog.rowsUpTo(level)) <= timeoutMs) return;
    const neededMs = neededFor(backlog.leastUpTo(level, since, batchMs / capacity));
    if (neededMs <= timeoutMs) return;
    throw torchError(
      'ERR_TIMEOUT',
      `Expected at least ${Math.ceil(neededMs)} ms for an answer, because others wait, but received a limit of ${Math.ceil(timeoutMs)} ms`,
    );
  }

  #isOver(rows: number, bytes: number): boolean {
    const { maxQueueSize, maxQueueBytes } = this.#options;
    return this.#waiting.rows + rows > maxQueueSize || this.#waiting.bytes + bytes > maxQueueBytes;
  }

  /** The queue divided by the clients that wait, this one among them; with more clients than places, a place. */
  #shareFor(client: string): number {
    const { shares } = this.#waiting;
    const fair = 1 / (shares.clients + (shares.of(client)?.rows ? 0 : 1));
    return Math.max(fair, 1 / this.#options.maxQueueSize);
  }

  #isBelowShare(client: string, rows: number, bytes: number): boolean {
    const own = this.#waiting.shares.of(client);
    const used = this.#partOf((own?.rows ?? 0) + rows, (own?.bytes ?? 0) + bytes);
    return used <= this.#shareFor(client);
  }

  /** What gives way to a call of the client; undefined when those who have more than their share have not enough. */
  #victimsFor(client: string, rows: number, bytes: number): Request[] | undefined {
    if (!this.#isBelowShare(client, rows, bytes)) return undefined;
    const share = this.#shareFor(client);
    const victims: Request[] = [];
    const left = new Map<Holding<Request>, Left>();
    let [wantedRows, wantedBytes] = [rows, bytes];
    while (this.#isOver(wantedRows, wantedBytes)) {
      const most = this.#most(client, share, left);
      const victim = most?.newest;
      if (!victim) return undefined;
      victims.push(victim);
      const { call, older } = victim;
      left.set(most.holding, { rows: most.rows - call.rows, bytes: most.bytes - call.bytes, newest: older });
      wantedRows -= call.rows;
      wantedBytes -= call.bytes;
    }
    return victims;
  }

  /** Who of the others has most beyond a share. @param left what those have who give way already */
  #most(client: string, share: number, left: ReadonlyMap<Holding<Request>, Left>) {
    let found: (Left & { readonly holding: Holding<Request> }) | undefined;
    let part = share;
    for (const holding of this.#waiting.shares.all()) {
      if (holding.client === client) continue;
      const { rows, bytes, newest } = left.get(holding) ?? holding;
      const used = this.#partOf(rows, bytes);
      if (used <= part) continue;
      found = { holding, rows, bytes, newest };
      part = used;
    }
    return found;
  }

  /** How much of the queue that is, by what there is less of. */
  #partOf(rows: number, bytes: number): number {
    return Math.max(rows / this.#options.maxQueueSize, bytes / this.#options.maxQueueBytes);
  }
}

function queueFull(isRows: boolean, { maxQueueSize, maxQueueBytes }: ResolvedBatchOptions): TorchError {
  const what = isRows ? `${maxQueueSize} rows` : `${maxQueueBytes} bytes`;
  return torchError('ERR_QUEUE_FULL', `Expected at most ${what} waiting; the queue is full`);
}
