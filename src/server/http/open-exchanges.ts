import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { ClientGone } from './body.js';

/** Something that is open on a connection and ends with it. */
export interface Endable {
  end(): void;
}

const bySocket = new WeakMap<Socket, OpenExchanges>();

/**
 * The exchanges open on a connection. Node tells an answer that its connection has closed only when it is that answer's
 * turn; the answers of pipelined requests behind it would never hear about it.
 */
export class OpenExchanges extends Set<Endable> {
  /** Exchanges there have been. */
  begun = 0;
  #abort: AbortController | undefined;

  static of(socket: Socket): OpenExchanges {
    let open = bySocket.get(socket);
    if (!open) {
      const exchanges = (open = new OpenExchanges());
      bySocket.set(socket, exchanges);
      socket.once('close', () => exchanges.#close());
    }
    return open;
  }

  /** Aborts when the connection closes. One for all requests on it: making one takes longer than reading a request. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      // Pipelined requests all listen to it.
      setMaxListeners(0, this.#abort.signal);
    }
    return this.#abort.signal;
  }

  #close(): void {
    this.#abort?.abort(new ClientGone());
    for (const exchange of this) exchange.end();
  }
}
