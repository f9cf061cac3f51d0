import { EventEmitter, once } from 'node:events';
import { Server as HttpServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { Connections } from '#dist/server/http/connections.js';
import { openPort, requireEncryptsAll } from '#dist/server/http/port.js';

/** A server of HTTP that is none of node:net, as Bun's is. */
class ForeignServer extends EventEmitter {
  readonly maxConnections = Infinity;
  listened = 0;
  listen(_: unknown, then?: () => void): void {
    this.listened++;
    then?.();
  }
}
const foreign = () => new ForeignServer() as ForeignServer & HttpServer;

describe('an open port', () => {
  it('gives what arrives to a server that cannot take it over, which opens no port of its own', async () => {
    const port = await openPort('127.0.0.1', 0);
    const early = connect(port.address.port, '127.0.0.1');
    await once(early, 'connect');
    const http = foreign();
    const heard: string[] = [];
    http.on('listening', () => heard.push('listening'));
    const sockets: Socket[] = [];
    http.on('connection', (socket: Socket) => sockets.push(socket));
    const first = once(http, 'connection');
    const intake = await port.listen(http, new Connections(http));
    await first;
    const second = once(http, 'connection');
    const late = connect(port.address.port, '127.0.0.1');
    await second;
    expect(http.listened).to.equal(0);
    expect(heard).to.deep.equal(['listening']);
    expect(intake.address).to.deep.equal(port.address);
    await intake.stop();
    const refused = connect(port.address.port, '127.0.0.1');
    const [{ code }] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(code).to.equal('ECONNREFUSED');
    for (const socket of [early, late, ...sockets]) socket.destroy();
  });

  it('is no place for TLS where the server would not encrypt what it is given', () => {
    expect(() => requireEncryptsAll(foreign()))
      .to.throw(/^Expected Node\.js for TLS with serve.*\n {2}fix: /)
      .with.property('code', 'ERR_CONFIG');
    requireEncryptsAll(new HttpServer());
  });
});
