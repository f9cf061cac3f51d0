import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { UntakenAnswers } from '#dist/server/http/untaken.js';
import { createServer } from '#dist/server/index.js';
import { until } from '../../support/server/http.js';
import { MemoryHost } from '../../support/server/memory-host.js';

/** What is looked at of a socket. */
class FakeSocket extends EventEmitter {
  writableLength = 0;
  bytesWritten = 0;
  _handle = { writeQueueSize: 0 };

  /** One large write, of which the system has taken nothing yet. */
  write(bytes: number): void {
    this.writableLength += bytes;
    this.bytesWritten += bytes;
    this._handle.writeQueueSize += bytes;
  }

  isTaken(bytes: number): void {
    this._handle.writeQueueSize -= bytes;
    if (this._handle.writeQueueSize === 0) this.writableLength = 0;
  }
}

describe('answers that a client does not take', () => {
  it('close its connection once it has taken nothing for so many looks', () => {
    const cut: unknown[] = [];
    // The longer one counts: operators set the other one to next to nothing.
    const limits = { keepAliveTimeoutMs: 5, receiveTimeoutMs: 4000, connectionsCheckingIntervalMs: 1000 };
    const untaken = new UntakenAnswers(limits, (socket) => {
      cut.push(socket);
      socket.emit('close');
    });
    const [idle, slow, stuck] = Array.from({ length: 3 }, () => new FakeSocket()) as [
      FakeSocket,
      FakeSocket,
      FakeSocket,
    ];
    for (const socket of [idle, slow, stuck]) untaken.follow(socket as unknown as Socket);
    slow.write(10);
    stuck.write(10);
    for (let i = 0; i < 28; i++) {
      untaken.look();
      if (i % 3 === 0 && i < 27) slow.isTaken(1);
      expect(cut, `look ${i}`).to.have.length(i < 4 ? 0 : 1);
    }
    expect(cut).to.deep.equal([stuck]);
    slow.isTaken(1);
    // Whoever has taken an answer has its time for the next one.
    untaken.look();
    slow.write(10);
    for (let i = 0; i < 4; i++) untaken.look();
    expect(cut).to.deep.equal([stuck]);
    for (const socket of [idle, slow]) socket.emit('close');
    untaken.look();
  });

  it('hold no place of others for ever', async () => {
    const times = { keepAliveTimeoutMs: 200, receiveTimeoutMs: 200, headersTimeoutMs: 200 };
    const limits = { ...times, connectionsCheckingIntervalMs: 50, maxConnections: 1 };
    const server = await createServer({
      host: new MemoryHost().asHost(),
      port: 0,
      logger: false,
      drainTimeoutMs: 500,
      ...limits,
    });
    const socket = connect(server.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.on('error', () => undefined).pause();
      socket.write('GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(900));
      await until('another client is let in', async () => {
        const { status } = await fetch(`${server.url}/v2`, { headers: { connection: 'close' } });
        return status === 200;
      });
    } finally {
      socket.destroy();
      await server.close();
    }
  });
});
