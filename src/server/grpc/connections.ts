import type { Http2Server, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { ServerContext } from '../context.js';

export interface ConnectionLimits {
  readonly maxConnections: number;
  /** A connection that does not begin to speak HTTP/2 in so many milliseconds is closed. */
  readonly headersTimeoutMs: number;
}

/** Of the two directions the one that tensors come in: what a client may send before it waits for word. */
const windowBytes = 2 ** 20;
const connectionWindowBytes = 4 * windowBytes;

/** The open connections of a gRPC server, bounded. Idle ones beyond the bound make room for others. */
export class GrpcConnections {
  readonly #context: ServerContext;
  readonly #limits: ConnectionLimits;
  readonly #sockets = new Set<Socket>();
  /** Calls that are open on each. */
  readonly #sessions = new Map<ServerHttp2Session, number>();
  readonly #silent = new Map<string, NodeJS.Timeout>();
  #emptied: (() => void)[] = [];

  constructor(context: ServerContext, limits: ConnectionLimits) {
    this.#context = context;
    this.#limits = limits;
  }

  /** Follows what a server of node:http2 does with its connections. */
  follow(http2: Http2Server): void {
    http2.updateSettings({ initialWindowSize: windowBytes });
    http2.on('session', (session: ServerHttp2Session) => this.#opened(session));
  }

  /** Takes a connection, or closes it where there are too many. */
  take(socket: Socket, inject: (socket: Socket) => void): void {
    if (this.#sockets.size >= this.#limits.maxConnections && !this.#makeRoom()) {
      this.#context.metrics.connectionDropped();
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    const key = keyOf(socket);
    this.#silent.set(
      key,
      setTimeout(() => socket.destroy(), this.#limits.headersTimeoutMs),
    );
    socket.once('close', () => {
      this.#spoke(key);
      this.#sockets.delete(socket);
      if (this.#sockets.size > 0) return;
      for (const resolve of this.#emptied.splice(0)) resolve();
    });
    // What a client does to its connection is no news.
    socket.on('error', () => undefined);
    // A client of HTTP/2 that has ended its half is gone; the calls of one that took no answer would stay.
    socket.allowHalfOpen = false;
    inject(socket);
    socket.resume();
  }

  /** Tells every client to send nothing new here. Connections close when their calls have ended. */
  goAway(): void {
    for (const session of this.#sessions.keys()) if (!session.closed) session.close();
  }

  /** Resolves once no connection is open. */
  empty(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  closeAll(): void {
    for (const session of this.#sessions.keys()) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #opened(session: ServerHttp2Session): void {
    this.#sessions.set(session, 0);
    session.setLocalWindowSize(connectionWindowBytes);
    session.once('remoteSettings', () => this.#spoke(keyOf(session.socket)));
    session.once('close', () => this.#sessions.delete(session));
    session.on('error', () => undefined);
    session.on('stream', (stream) => {
      this.#count(session, 1);
      stream.once('close', () => this.#count(session, -1));
    });
  }

  #count(session: ServerHttp2Session, change: 1 | -1): void {
    const calls = this.#sessions.get(session);
    if (calls !== undefined) this.#sessions.set(session, calls + change);
  }

  /** Closes the connection that has been idle and is the oldest. */
  #makeRoom(): boolean {
    for (const [session, calls] of this.#sessions) {
      if (calls > 0 || session.closed) continue;
      session.close();
      return true;
    }
    return false;
  }

  #spoke(key: string): void {
    clearTimeout(this.#silent.get(key));
    this.#silent.delete(key);
  }
}

/** The same for a connection and for the encrypted one over it. */
function keyOf({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`;
}
