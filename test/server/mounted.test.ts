import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import express, { type RequestHandler } from 'express';
import { createApp, type ServerOptions } from '#dist/server/index.js';
import type { Management } from '#dist/server/management/management.js';
import { until } from '../support/server/http.js';
import { MemoryHost } from '../support/server/memory-host.js';

const row = '{"input_data":[1,0,0,0]}';
const label = '{"request_id":"x","label":1}';

describe('an app that is mounted behind others', () => {
  const listeners: Server[] = [];
  afterEach(() => {
    for (const listener of listeners.splice(0)) listener.close().closeAllConnections();
  });
  /** @param loaded gets the name of each model that is loaded */
  const mounted = async (before: RequestHandler, loaded: string[] = []): Promise<number> => {
    const load = async (name: string): Promise<void> => void loaded.push(name);
    const management = { load } as Partial<Management> as Management;
    const host = new MemoryHost().asHost();
    const options: ServerOptions = { host, logger: false, repositoryOnInference: true, management };
    const app = express().use(before, createApp(options));
    const listener = app.listen(0, '127.0.0.1');
    listeners.push(listener);
    await once(listener, 'listening');
    return (listener.address() as AddressInfo).port;
  };
  const ask = async (port: number, path: string, body: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  const load = '/v2/repository/models/tiny/load';

  it('says that the bytes of a body are gone where somebody has read them', async () => {
    const port = await mounted((req, _res, next) => {
      req.once('end', () => setImmediate(next)).resume();
    });
    for (const [path, body] of [
      ['/predict', row],
      ['/feedback', label],
      ['/v2/models/tiny/infer', '{"inputs":[]}'],
      ['/v2/repository/index', '{}'],
      [load, '{}'],
    ] as const) {
      const { status, text } = await ask(port, path, body);
      expect(status, `${path} ${text}`).to.equal(400);
      expect(text, path).to.include('mount the app before it');
    }
    expect((await ask(port, '/v2/repository/index', '')).status, 'there were none').to.equal(200);
  });

  it('counts no request for ever whose client has left before it came', async () => {
    let arrived = 0;
    let left = 0;
    const port = await mounted((req, _res, next) => {
      if (req.url === '/metrics') {
        next();
        return;
      }
      arrived++;
      req.socket.once('close', () =>
        setImmediate(() => {
          left++;
          next();
        }),
      );
    });
    const request = `POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${row.length}\r\n\r\n${row}`;
    for (let i = 1; i <= 3; i++) {
      const socket = connect(port, '127.0.0.1');
      socket.write(request);
      await until('it has arrived', () => arrived === i);
      socket.destroy();
      await until('its client has left', () => left === i);
    }
    await until('nothing else is in flight', async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      // That is this one.
      return /^node_libtorch_http_requests_in_flight 1$/m.test(text);
    });
  });

  for (const [name, parser] of [
    ['json', express.json()],
    ['text', express.text({ type: '*/*' })],
    ['raw', express.raw({ type: '*/*' })],
  ] as const) {
    it(`takes what express.${name} has left, on every route`, async () => {
      const loaded: string[] = [];
      const port = await mounted(parser, loaded);
      expect(await ask(port, '/predict', row)).to.include({ status: 200 });
      const unknown = await ask(port, '/feedback', label);
      expect((JSON.parse(unknown.text) as { code: string }).code).to.equal('ERR_UNKNOWN_REQUEST');
      for (const body of ['{}', '']) {
        const { status, text } = await ask(port, load, body);
        expect(status, text).to.equal(200);
      }
      expect(loaded).to.deep.equal(['tiny', 'tiny']);
      expect((await ask(port, load, '[1]')).status).to.equal(400);
    });
  }
});
