import type { Socket } from 'node:net';

/** What is open on a connection, to be ended with it. */
export interface Endable {
  end(): void;
}

const bySocket = new WeakMap<Socket, Set<Endable>>();

/**
 * The exchanges open on a connection. Node tells an answer that its connection has closed only once it is that answer's
 * turn; those of pipelined requests behind it would never hear of it.
 */
export function openExchanges(socket: Socket): Set<Endable> {
  let open = bySocket.get(socket);
  if (!open) {
    const exchanges = (open = new Set<Endable>());
    bySocket.set(socket, exchanges);
    socket.once('close', () => {
      for (const exchange of exchanges) exchange.end();
    });
  }
  return open;
}
