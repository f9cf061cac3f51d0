import type { Worker } from 'node:cluster';
import type { Socket } from 'node:net';
import { sendConnection, type Protocol } from './messages.js';

export interface DistributorOptions {
  /** So many connections wait for a worker; one more is closed at once. */
  readonly maxWaiting: number;
  /** A connection that waits for longer is closed. Milliseconds. */
  readonly maxWaitMs: number;
  /** The clock, in milliseconds. */
  readonly now: () => number;
  /** A connection was closed because nobody took it. */
  readonly onClosed: () => void;
}

interface Waiting {
  readonly socket: Socket;
  readonly protocol: Protocol;
  readonly since: number;
}

interface Sent extends Waiting {
  readonly number: number;
  readonly sentAt: number;
}

/** A worker that gets connections, and how many it was given, beside the others. */
interface Taker {
  readonly worker: Worker;
  given: number;
}

/** A worker that was given so many connections more than another leaves the next one to it. A connection may stay for hours. */
const maxLead = 6;

/**
 * Connections wait for the sake of that for so long at most, of so long a time: enough for a burst, and little for clients that come
 * one after the other while a worker is slow. Milliseconds.
 */
const patienceMs = 250;
const patienceEveryMs = 10_000;
const tryAgainMs = 20;

/** A worker that has not confirmed a connection for so long hangs, and is not waited for. Milliseconds. */
const hangingMs = 100;

/**
 * Hands the connections of the primary to its workers, in turn. A connection stays open here until its worker has confirmed
 * it, so that it can be handed on when the worker ends before: the round-robin of node:cluster leaves such a connection open
 * for ever. A worker has one unconfirmed connection at most, so one that hangs holds up no other; a quick one waits
 * for a slow one for a moment, so that a burst of connections falls evenly.
 */
export class Distributor {
  readonly #options: DistributorOptions;
  /** Oldest first. */
  readonly #waiting: Waiting[] = [];
  readonly #takers = new Map<Worker, Taker>();
  /** Those of them that may be given one now; the one that has waited longest comes first. */
  readonly #free = new Set<Taker>();
  readonly #unconfirmed = new Map<Worker, Sent>();
  #sent = 0;
  #triesAgain = false;
  #patienceSince = 0;
  /** How long connections have waited since then for a worker that was behind. */
  #heldMs = 0;
  #heldSince: number | undefined;
  #settled: (() => void)[] = [];

  constructor(options: DistributorOptions) {
    this.#options = options;
  }

  /** The number of the last connection that was sent to a worker. */
  get sent(): number {
    return this.#sent;
  }

  /** @param socket paused: nothing may be read of it here */
  offer(socket: Socket, protocol: Protocol): void {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      this.#close(socket);
      return;
    }
    this.#waiting.push({ socket, protocol, since: this.#options.now() });
    this.#handOut();
  }

  /** From now on the worker gets connections. */
  add(worker: Worker): void {
    if (!this.#takers.has(worker)) this.#takers.set(worker, { worker, given: this.#most() });
    this.#next(worker);
  }

  /** The worker gets no more connections. One that it has not confirmed may still be on its way. */
  retire(worker: Worker): void {
    const taker = this.#takers.get(worker);
    if (!taker) return;
    this.#takers.delete(worker);
    this.#free.delete(taker);
  }

  /** The worker has ended, and all that it said was heard: what it has not confirmed it does not have. */
  remove(worker: Worker): void {
    this.retire(worker);
    this.#takeBack(worker);
    this.#handOut();
  }

  confirmed(worker: Worker, number: number): void {
    const sent = this.#unconfirmed.get(worker);
    if (sent?.number !== number) return;
    this.#unconfirmed.delete(worker);
    // The worker's side of it stays open.
    sent.socket.destroy();
    this.#next(worker);
  }

  /** The worker has had every message up to the connection of that number. One of them without its connection was lost. */
  heard(worker: Worker, number: number): void {
    const sent = this.#unconfirmed.get(worker);
    if (!sent || sent.number > number) return;
    this.#takeBack(worker);
    this.#next(worker);
  }

  /** Closes what has waited for too long. */
  expire(): void {
    const before = this.#options.now() - this.#options.maxWaitMs;
    for (let first = this.#waiting[0]; first && first.since < before; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#close(first.socket);
    }
    this.#settle();
  }

  /** Resolves once nothing waits for a worker. */
  settled(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  #takeBack(worker: Worker): void {
    const lost = this.#unconfirmed.get(worker);
    this.#unconfirmed.delete(worker);
    if (lost) this.#waiting.unshift(lost);
  }

  #next(worker: Worker): void {
    const taker = this.#takers.get(worker);
    if (taker && !this.#unconfirmed.has(worker)) {
      // One that was away is not flooded when it comes back.
      taker.given = Math.max(taker.given, this.#most() - maxLead);
      this.#free.add(taker);
    }
    this.#handOut();
  }

  #handOut(): void {
    for (;;) {
      const taker = this.#nextFree();
      if (!taker) break;
      const next = this.#waiting[0];
      if (!next) break;
      const now = this.#options.now();
      if (this.#isAhead(taker, now) && this.#mayHold(now)) {
        this.#tryAgain();
        break;
      }
      this.#endHold(now);
      this.#waiting.shift();
      this.#give(taker, next);
    }
    this.#settle();
  }

  #give(taker: Taker, next: Waiting): void {
    const { worker } = taker;
    this.#free.delete(taker);
    taker.given++;
    const number = ++this.#sent;
    this.#unconfirmed.set(worker, { ...next, number, sentAt: this.#options.now() });
    sendConnection(worker, { kind: 'connection', number, protocol: next.protocol }, next.socket);
  }

  /** Of the free ones the one that was given the fewest; of several, the one that has waited longest. */
  #nextFree(): Taker | undefined {
    let next: Taker | undefined;
    for (const taker of this.#free) if (!next || taker.given < next.given) next = taker;
    return next;
  }

  /** Another one is far behind, and will probably soon be free. */
  #isAhead({ given }: Taker, now: number): boolean {
    for (const other of this.#takers.values()) {
      const sentAt = this.#unconfirmed.get(other.worker)?.sentAt;
      if (other.given <= given - maxLead && sentAt !== undefined && sentAt > now - hangingMs) return true;
    }
    return false;
  }

  /** Whether what waits may go on to wait for a worker that is behind. */
  #mayHold(now: number): boolean {
    if (now - this.#patienceSince > patienceEveryMs) {
      this.#patienceSince = now;
      this.#heldMs = 0;
    }
    this.#heldSince ??= now;
    return this.#heldMs + now - this.#heldSince < patienceMs;
  }

  #endHold(now: number): void {
    if (this.#heldSince === undefined) return;
    this.#heldMs += now - this.#heldSince;
    this.#heldSince = undefined;
  }

  #tryAgain(): void {
    if (this.#triesAgain) return;
    this.#triesAgain = true;
    setTimeout(() => {
      this.#triesAgain = false;
      this.#handOut();
    }, tryAgainMs).unref();
  }

  #most(): number {
    return Math.max(0, ...[...this.#takers.values()].map(({ given }) => given));
  }

  #settle(): void {
    if (this.#waiting.length > 0) return;
    this.#endHold(this.#options.now());
    for (const resolve of this.#settled.splice(0)) resolve();
  }

  #close(socket: Socket): void {
    socket.destroy();
    this.#options.onClosed();
  }
}
