import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { keepListening } from '../../async/ticket.js';
import type { TorchError } from '../../errors.js';
import { ClientGone } from './body.js';
import { clientOf } from './client-address.js';
import type { ErrorForm } from './error-forms.js';
import { hasRoom, later, mayPass, nobodyWaits } from './turn.js';

/** Something that is open on a connection and ends with it. */
export interface Endable {
  /** Its request has arrived to the end. */
  readonly isWhole: boolean;
  /** How an error about it is written. */
  readonly errorForm: ErrorForm;
  /** Says that its request is answered with this error, by somebody else. Returns the id to answer with. */
  refuse(error: TorchError): string;
  end(): void;
}

/** The connection that carries an encrypted one: limits know that, requests the other. */
export function carrierOf(socket: Duplex & { readonly _parent?: Duplex | null }): Duplex {
  return socket._parent ?? socket;
}

const bySocket = new WeakMap<Duplex, OpenExchanges>();

/**
 * The exchanges open on a connection. Node tells an answer that its connection has closed only when it is that answer's
 * turn; the answers of pipelined requests behind it would never hear about it.
 */
export class OpenExchanges extends Set<Endable> {
  /** Exchanges there have been. */
  begun = 0;
  /** The connection is one more than the server takes: it is for a single request of a probe. */
  isSpare = false;
  #last: Endable | undefined;
  readonly #later: (() => void)[] = [];
  #whenNoneIsOwed: (() => void) | undefined;
  #abort: AbortController | undefined;
  #client: string | undefined;

  private constructor(readonly socket: Duplex) {
    super();
  }

  static of(connection: Duplex): OpenExchanges {
    const socket = carrierOf(connection);
    let open = bySocket.get(socket);
    if (!open) {
      const exchanges = (open = new OpenExchanges(socket));
      bySocket.set(socket, exchanges);
      socket.once('close', () => exchanges.#close());
    }
    return open;
  }

  /** The address of the other end. */
  get client(): string | undefined {
    return (this.#client ??= clientOf(this.socket));
  }

  /** Aborts when the connection closes. One for all requests on it: making one takes longer than reading a request. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      keepListening(this.#abort.signal);
      // Pipelined requests all listen to it.
      setMaxListeners(0, this.#abort.signal);
      if (this.socket.destroyed) this.#abort.abort(new ClientGone());
    }
    return this.#abort.signal;
  }

  /** Whether the client waits for an answer to a request that it has sent to the end. */
  get isAnswerOwed(): boolean {
    for (const exchange of this) if (exchange.isWhole) return true;
    return false;
  }

  /** Whether a request was begun that is not answered, arrived to its end or not. */
  get isAwaited(): boolean {
    return this.isAnswerOwed || this.unfinished !== undefined;
  }

  /** Whether the client still sends a request that was answered already. */
  get isAnsweredEarly(): boolean {
    return this.#last !== undefined && !this.#last.isWhole && !this.has(this.#last);
  }

  /** The request that arrives at the moment, when its route has begun to read it. */
  get unfinished(): Endable | undefined {
    return this.#last && !this.#last.isWhole && this.has(this.#last) ? this.#last : undefined;
  }

  /** Calls back once no answer is owed; never, when the connection closes first. */
  whenNoneIsOwed(callback: () => void): void {
    this.#whenNoneIsOwed = callback;
    this.#settle();
  }

  begin(exchange: Endable): void {
    this.begun++;
    this.#last = exchange;
    this.add(exchange);
  }

  /**
   * Handles a request at once; or, of a client that has not waited for an answer before, in a later turn: one segment holds
   * well over a thousand, and others want their turn as well. So does any request once those of this turn have taken long, or
   * while requests that came before it wait.
   * @param now what `performance.now()` said a moment ago
   * @param isUrgent whether it passes those that wait; asked only if there are any, or may be
   */
  inTurn<E extends Endable>(
    exchange: E,
    now: number,
    handle: (exchange: E) => void,
    isUrgent: (exchange: E) => boolean,
  ): void {
    const isFirst = this.size === 1 && this.#later.length === 0;
    const mayBegin = isFirst && hasRoom(now);
    if (mayBegin && nobodyWaits()) {
      handle(exchange);
      return;
    }
    const passes = isFirst && isUrgent(exchange);
    if (mayBegin && passes && mayPass()) handle(exchange);
    else if (this.#later.push(() => handle(exchange)) === 1) later(this.#handleNext, passes);
  }

  /** One, and then those of other connections that wait. */
  readonly #handleNext = (): void => {
    // It stays in the list meanwhile: what arrives comes behind it.
    this.#later[0]?.();
    this.#later.shift();
    if (this.#later.length > 0) later(this.#handleNext);
  };

  override delete(exchange: Endable): boolean {
    const wasOpen = super.delete(exchange);
    if (wasOpen) this.#settle();
    return wasOpen;
  }

  #settle(): void {
    const callback = this.#whenNoneIsOwed;
    if (!callback || this.isAnswerOwed) return;
    this.#whenNoneIsOwed = undefined;
    callback();
  }

  #close(): void {
    this.#whenNoneIsOwed = undefined;
    this.#later.length = 0;
    this.#abort?.abort(new ClientGone());
    for (const exchange of this) exchange.end();
  }
}
