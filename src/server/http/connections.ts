import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The open connections of a server of node:http, wherever they were accepted: node counts only those that it accepted itself. */
export class Connections {
  readonly #open = new Set<Socket>();
  #emptied: (() => void)[] = [];

  constructor(http: Server) {
    http.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#ended(socket));
    });
  }

  get size(): number {
    return this.#open.size;
  }

  /** Resolves once no connection is open. */
  empty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  /** Cuts them, those that node has given out of its hands too. */
  closeAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #ended(socket: Socket): void {
    this.#open.delete(socket);
    if (this.#open.size > 0) return;
    for (const resolve of this.#emptied.splice(0)) resolve();
  }
}
