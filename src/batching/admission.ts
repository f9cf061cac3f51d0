import { torchError, type TorchError } from '../errors.js';
import type { Call } from '../model/call.js';
import type { LatencyFit } from './fit.js';
import type { ResolvedBatchOptions } from './options.js';
import type { Holding } from './shares.js';
import type { Order, Request, Waiting } from './waiting.js';

/** Fewer batches than this say too little about the next ones. */
const fewestBatches = 16;

/** A bound of what may wait: the option that sets it. */
type Bound = 'maxQueueSize' | 'maxWaitMs' | 'maxQueueBytes';

/** What a client would have waiting. */
type Left = Pick<Holding<Request>, 'rows' | 'bytes' | 'newest'>;

/** How fast what waits is run. */
export interface Service {
  readonly fit: LatencyFit;
  readonly instances: number;
  /** Batches that run. */
  readonly inFlight: number;
  /** Rows of a batch at most, at present. */
  readonly capacity: number;
  /** Each call runs by itself, whatever its rows: the fit tells nothing of what waits. */
  readonly isAlone: boolean;
}

/** Who may wait in a queue: within its bounds, fairly among its clients, and with a chance to be answered in time. */
export class Admission {
  readonly #waiting: Waiting;
  readonly #options: ResolvedBatchOptions;
  readonly #service: Service;

  constructor(waiting: Waiting, options: ResolvedBatchOptions, service: Service) {
    this.#waiting = waiting;
    this.#options = options;
    this.#service = service;
  }

  /** Not even one more row of this client would be taken; without a client: of nobody in particular. Nobody gives way yet. */
  isFullFor(client?: string): boolean {
    return this.#brokenBy(1, 1) !== undefined && (client === undefined || !this.#isBelowShare(client, 1, 1));
  }

  /**
   * Refuses what never fits, with an error that nobody tries again.
   * @throws ERR_INVALID_SHAPE for more rows, ERR_PAYLOAD_TOO_LARGE for more bytes
   */
  requireSize({ rows, bytes }: Call): void {
    const { maxQueueSize, maxQueueBytes } = this.#options;
    if (rows > maxQueueSize) {
      throw torchError(
        'ERR_INVALID_SHAPE',
        `Expected at most ${maxQueueSize} rows (maxQueueSize) in a request but received ${rows}: send fewer at once`,
      );
    }
    if (bytes > maxQueueBytes) {
      throw torchError(
        'ERR_PAYLOAD_TOO_LARGE',
        `Expected inputs of at most ${maxQueueBytes} bytes (maxQueueBytes) in a request but received ${bytes}: send fewer at once`,
      );
    }
  }

  /**
   * Makes room where the client has less than its share of a full queue: what came last of the client that has most gives way.
   * Nobody does unless that is enough.
   * @throws ERR_QUEUE_FULL (rows or bytes)
   */
  makeRoom({ rows, bytes }: Call, client: string | undefined): void {
    const bound = this.#brokenBy(rows, bytes);
    if (!bound) return;
    const victims = client === undefined ? undefined : this.#victimsFor(client, rows, bytes);
    if (!victims) throw this.#queueFull(bound);
    for (const victim of victims) {
      victim.isPushedOut = true;
      victim.giveUp(this.#queueFull(bound));
    }
  }

  /** Not even one more row would be answered in so many milliseconds, as `requireTime` reckons. */
  isLateFor(timeoutMs: number, level: number, since: number): boolean {
    return this.#leastMs(1, timeoutMs, level, since) > timeoutMs;
  }

  /**
   * Refuses what cannot be answered in time by what batches have taken. The estimate is the least that it may be expected to be:
   * what runs at the moment counts nothing, a batch takes no longer than the fastest of the last ones, and what waits before
   * takes nothing once its own time is over. So it is never refused when nothing runs, and a wrong measurement is soon corrected
   * by those that do.
   * @throws ERR_TIMEOUT
   */
  requireTime({ rows }: Call, { timeoutMs, level, since }: Order): void {
    const neededMs = this.#leastMs(rows, timeoutMs, level, since);
    if (neededMs <= timeoutMs) return;
    throw torchError(
      'ERR_TIMEOUT',
      `Expected at least ${Math.ceil(neededMs)} ms for an answer, because others wait, but received a limit of ${Math.ceil(timeoutMs)} ms`,
    );
  }

  /** The least that an answer takes; 0 where nothing is known, or where it is in time beyond doubt. */
  #leastMs(rows: number, timeoutMs: number, level: number, since: number): number {
    const { fit, inFlight, capacity, instances, isAlone } = this.#service;
    if (isAlone || timeoutMs === Infinity || inFlight === 0 || fit.samples < fewestBatches) return 0;
    const { backlog } = this.#waiting;
    const batchMs = fit.least(capacity) / instances;
    const ownMs = fit.least(Math.min(rows, capacity));
    const neededFor = (before: number): number => Math.floor(before / capacity) * batchMs + ownMs;
    if (neededFor(backlog.rowsUpTo(level)) <= timeoutMs) return 0;
    return neededFor(backlog.leastUpTo(level, since, batchMs / capacity));
  }

  /**
   * Rows that may wait: maxQueueSize, or fewer where they are expected to take longer than maxWaitMs. A whole batch always may:
   * so larger batches are measured too, and a fit that was wrong about them is soon corrected.
   */
  get #mostRows(): number {
    const { maxQueueSize, maxWaitMs } = this.#options;
    if (maxWaitMs === Infinity) return maxQueueSize;
    const { fit, capacity, instances, isAlone } = this.#service;
    if (isAlone || fit.samples < fewestBatches) return maxQueueSize;
    const batches = Math.floor((maxWaitMs * instances) / fit.predict(capacity)) + 1;
    return Math.min(maxQueueSize, batches * capacity);
  }

  /** The bound that such a call would break. */
  #brokenBy(rows: number, bytes: number): Bound | undefined {
    const { maxQueueSize, maxQueueBytes } = this.#options;
    const { rows: before, bytes: bytesBefore } = this.#waiting;
    if (before + rows > maxQueueSize) return 'maxQueueSize';
    if (bytesBefore + bytes > maxQueueBytes) return 'maxQueueBytes';
    // With less than a batch before it, it is in the next one, whatever its rows: small calls that always wait keep out no large one.
    const isNext = before < this.#service.capacity;
    return isNext || before + rows <= this.#mostRows ? undefined : 'maxWaitMs';
  }

  #queueFull(bound: Bound): TorchError {
    const most = bound === 'maxWaitMs' ? this.#mostRows : this.#options[bound];
    const unit = bound === 'maxQueueBytes' ? 'bytes' : 'rows';
    return torchError('ERR_QUEUE_FULL', `Expected at most ${most} ${unit} (${bound}) waiting; the queue is full`);
  }

  /** The queue divided by the clients that wait, this one among them; with more clients than places, a place. */
  #shareFor(client: string): number {
    const { shares } = this.#waiting;
    const fair = 1 / (shares.clients + (shares.of(client)?.rows ? 0 : 1));
    return Math.max(fair, 1 / this.#mostRows);
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
    while (this.#brokenBy(wantedRows, wantedBytes)) {
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
    return Math.max(rows / this.#mostRows, bytes / this.#options.maxQueueBytes);
  }
}
