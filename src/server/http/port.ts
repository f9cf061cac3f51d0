import type { Server } from 'node:http';
import { createServer, Server as NetServer, type AddressInfo, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { torchError, warnOf } from '../../errors.js';
import type { Connections } from './connections.js';
import { connectionRoom } from './descriptors.js';

/** Where the connections of a server of node:http come from. */
export interface Intake {
  readonly address: AddressInfo;
  /** Takes what has arrived, and nothing after it. Connections that are open stay open. */
  stop(): Promise<void>;
}

/** Connects a server of node:http to its connections. */
export type Listen = (http: Server, connections: Connections) => Promise<Intake>;

/** Where connections of any protocol come from: each is given away, paused, until the intake is stopped. */
export type TakeConnections = (take: (socket: Socket) => void) => Promise<Intake>;

/** A port that is open already, while what will answer there is still being made. Its connections wait, unread. */
export interface OpenPort {
  readonly address: AddressInfo;
  /** Connections that were closed because there was no room for more that wait. */
  readonly closed: number;
  /** Errors of the system when connections were accepted, since the port was opened. */
  readonly acceptErrors: number;
  /** Hands the port, and what waits there, to a server of node:http. */
  readonly listen: Listen;
  /** Hands every connection to somebody else, paused. */
  passTo(take: (socket: Socket) => void): Intake;
  /** Closes the port, and the connections that still wait. */
  close(): void;
}

/** Opens a port for a server. @throws ERR_CONFIG when the address cannot be listened on */
export async function listenOn(http: Server, hostname: string, port: number): Promise<Intake> {
  await bind(http, hostname, port);
  return intakeOf(http);
}

/** Opens a port before there is a server. @throws ERR_CONFIG when the address cannot be listened on */
export async function openPort(hostname: string, port: number): Promise<OpenPort> {
  const waiting: Socket[] = [];
  const room = connectionRoom();
  let closed = 0;
  let acceptErrors = 0;
  let take = (socket: Socket): void => {
    if (waiting.length < room) waiting.push(socket);
    else {
      closed++;
      socket.destroy();
    }
  };
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
    take(socket);
  });
  await bind(server, hostname, port);
  // The system accepts no connection, for want of file descriptors say: without a listener it would end the process.
  server.on('error', (error) => {
    acceptErrors++;
    warnOf(error);
  });
  const passTo = (next: (socket: Socket) => void): void => {
    take = next;
    for (const socket of waiting.splice(0)) next(socket);
  };
  return {
    address: server.address() as AddressInfo,
    get closed() {
      return closed;
    },
    get acceptErrors() {
      return acceptErrors;
    },
    async listen(http, connections) {
      // Bun's server is no server of node:net: instead of taking this port it would open another one, on every address.
      const takesOver = (http as unknown) instanceof NetServer;
      if (takesOver) await new Promise<void>((resolve) => http.listen(server, resolve));
      else http.emit('listening');
      for (let dropped = 0; dropped < closed; dropped++) http.emit('drop');
      passTo((socket) => inject(http, connections, socket));
      return intakeOf(takesOver ? http : server);
    },
    passTo(next) {
      passTo(next);
      return intakeOf(server);
    },
    close() {
      passTo((socket) => void socket.destroy());
      server.close();
    },
  };
}

/**
 * For a server with certificates that gets connections which were accepted elsewhere. Bun's would answer those without encryption, and
 * without asking for the client's certificate.
 * @throws ERR_CONFIG when they would not be encrypted
 */
export function requireEncryptsAll(http: Server): void {
  if ((http as unknown) instanceof NetServer) return;
  throw torchError(
    'ERR_CONFIG',
    'Expected Node.js for TLS with serve, but this runtime leaves connections that are handed on unencrypted' +
      '\n  fix: run it with node; or leave out tlsCert and tlsKey and put a proxy in front that ends TLS (docs/deployment.md)',
  );
}

/** Makes a connection that was accepted elsewhere one of a server's own, within its limit of connections. */
export function inject(http: Server, connections: Connections, socket: Socket): void {
  if (connections.size >= http.maxConnections) {
    http.emit('drop');
    socket.destroy();
    return;
  }
  // A client may end its side before it has the answer: node:http sets this for the connections that it accepts itself.
  socket.allowHalfOpen = true;
  http.emit('connection', socket);
  socket.resume();
}

function intakeOf(server: NetServer): Intake {
  return {
    address: server.address() as AddressInfo,
    async stop() {
      await quietTurn(server);
      // The close of node:http would also close idle connections, at once, and stop checking the time limits. Bun's server is
      // no server of node:net: it has that close only.
      if (server instanceof NetServer) NetServer.prototype.close.call(server);
      else (server as NetServer).close();
    },
  };
}

const quietMs = 0.5;
const mostTurns = 500;
/** A server whose turns are long is never quiet: it stops all the same. */
const longestMs = 1000;

/**
 * Waits for a turn of the event loop that found no connection to accept, and in which next to nothing else happened. The
 * kernel resets connections that have arrived and are not accepted when the port closes, so little may happen between the two.
 */
async function quietTurn(server: NetServer): Promise<void> {
  let accepted: boolean;
  const onConnection = (): void => {
    accepted = true;
  };
  server.on('connection', onConnection);
  // The first turn ends where this one stands: it accepts nothing.
  await turn();
  const until = performance.now() + longestMs;
  for (let turns = 0; turns < mostTurns; turns++) {
    accepted = false;
    const began = performance.now();
    if (began > until) break;
    await turn();
    // libuv accepts one connection a turn.
    if (!accepted && performance.now() - began < quietMs) break;
  }
  server.off('connection', onConnection);
}

function bind(server: NetServer, hostname: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'it is in use' : (cause.code ?? cause.message);
      reject(
        torchError('ERR_CONFIG', `Expected a free address but ${hostname}:${port} cannot be listened on: ${why}`, {
          cause,
        }),
      );
    };
    server.once('error', onError);
    server.listen(port, hostname, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
