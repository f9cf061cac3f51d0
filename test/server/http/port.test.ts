import { EventEmitter, once } from 'node:events';
import { Server as HttpServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { Connections } from '#dist/server/http/connections.js';
import { openPort, requireEncryptsAll, type OpenPort } from '#dist/server/http/port.js';

/** A server of HTTP that is none of node:net, as Bun's is. It is not to open a port. */
const foreign = () =>
  Object.assign(new EventEmitter(), {
    maxConnections: Infinity,
    listen() {
      throw new Error('It opens another port');
    },
  }) as unknown as HttpServer;

describe('an open port', () => {
  const sockets: Socket[] = [];
  const ports: OpenPort[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const port of ports.splice(0)) port.close();
  });
  const connected = async (port: OpenPort): Promise<void> => {
    const socket = connect(port.address.port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
  };

  it('gives what arrives to a server that cannot take it over, which opens no port of its own', async () => {
    const port = await openPort('127.0.0.1', 0);
    ports.push(port);
    await connected(port);
    const http = foreign();
    const heard: string[] = [];
    http.on('listening', () => heard.push('listening'));
    http.on('connection', (socket: Socket) => sockets.push(socket));
    const first = once(http, 'connection');
    const intake = await port.listen(http, new Connections(http));
    await first;
    const second = once(http, 'connection');
    await connected(port);
    await second;
    expect(heard).to.deep.equal(['listening']);
    expect(intake.address).to.deep.equal(port.address);
    await intake.stop();
    const refused = connect(port.address.port, '127.0.0.1');
    const [{ code }] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(code).to.equal('ECONNREFUSED');
  });

  it('is no place for TLS where the server would not encrypt what it is given', () => {
    expect(() => requireEncryptsAll(foreign()))
      .to.throw(/^Expected Node\.js for TLS with serve.*\n {2}fix: /)
      .with.property('code', 'ERR_CONFIG');
    requireEncryptsAll(new HttpServer());
  });
});
