import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServerContext } from '../context.js';
import { carrierOf } from './open-exchanges.js';

interface Limits {
  readonly keepAliveTimeoutMs: number;
  readonly receiveTimeoutMs: number;
  readonly connectionsCheckingIntervalMs: number;
}

/** What was seen of a connection with something to send. */
interface Seen {
  taken: number;
  /** Looks at it since it has taken anything. */
  looks: number;
}

/**
 * Closes the connections of clients that take nothing of their answers for as long as an idle connection may stay open, or a request
 * take to arrive, whichever is longer; node has limits for requests alone. All are looked at now and then, so that no request costs more, and looks are counted, not time: a
 * process that was held up itself has no clients that are late.
 */
export class UntakenAnswers {
  readonly #sockets = new Map<Socket, Seen | undefined>();
  readonly #mostLooks: number;
  readonly #intervalMs: number;
  readonly #cut: (socket: Socket) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param cut closes a connection */
  constructor(limits: Limits, cut: (socket: Socket) => void) {
    this.#intervalMs = limits.connectionsCheckingIntervalMs;
    this.#mostLooks = Math.ceil(limitOf(limits) / this.#intervalMs);
    this.#cut = cut;
  }

  follow(socket: Socket): void {
    this.#sockets.set(socket, undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#timer ??= setInterval(() => this.look(), this.#intervalMs).unref();
  }

  look(): void {
    if (this.#sockets.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    for (const [socket, seen] of this.#sockets) {
      if (socket.writableLength === 0) {
        if (seen) this.#sockets.set(socket, undefined);
        continue;
      }
      const taken = takenFrom(socket);
      if (seen?.taken !== taken) this.#sockets.set(socket, { taken, looks: 0 });
      else if (++seen.looks >= this.#mostLooks) this.#cut(socket);
    }
  }
}

function limitOf({ keepAliveTimeoutMs, receiveTimeoutMs }: Limits): number {
  return Math.max(keepAliveTimeoutMs, receiveTimeoutMs);
}

/** Grows with each byte that the system takes for the client. */
function takenFrom(socket: Socket): number {
  const { _handle: handle } = carrierOf(socket) as Duplex & { _handle?: { writeQueueSize?: number } | null };
  // Writes that are done, and of a large one that is under way what is done of it.
  return socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0);
}

/** @param isSecure of node:https */
export function cutUntaken(server: Server, context: ServerContext, limits: Limits, isSecure: boolean): void {
  const untaken = new UntakenAnswers(limits, (socket) => {
    context.logger.warn(
      { limitMs: limitOf(limits) },
      'a client took nothing of its answer in time: its connection was closed',
    );
    socket.destroy();
  });
  server.on(isSecure ? 'secureConnection' : 'connection', (socket: Socket) => untaken.follow(socket));
}
