import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Forwards to a port, until what it forwards is as of a machine that vanished: nothing comes, and nothing says so. */
export interface FreezingProxy {
  readonly port: number;
  /** How many connections it was asked for. */
  readonly connections: number;
  /** Forwards nothing more over the connections that are there; later ones are forwarded. */
  freeze(): void;
  /** Connections that come from now on are taken, and forwarded once they are released. */
  hold(): void;
  release(): void;
  close(): void;
}

export async function freezingProxy(to: number | undefined): Promise<FreezingProxy> {
  const pairs: (readonly [Socket, Socket])[] = [];
  let held: (() => void)[] | undefined;
  const server = createServer((near) => {
    const far = connect(to as number, '127.0.0.1');
    pairs.push([near, far]);
    const forward = () => void near.pipe(far).pipe(near);
    if (held) held.push(forward);
    else forward();
    for (const socket of [near, far]) socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return pairs.length;
    },
    freeze() {
      for (const pair of pairs) for (const socket of pair) socket.unpipe().resume();
    },
    hold() {
      held ??= [];
    },
    release() {
      for (const forward of held ?? []) forward();
      held = undefined;
    },
    close() {
      server.close();
      for (const pair of pairs) for (const socket of pair) socket.destroy();
    },
  };
}
