import { expect } from 'chai';
import { gzipSync } from 'node:zlib';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { digitBody } from '../support/server/serve-process.js';
import { exchangeRaw, rawConnection } from '../support/server/http.js';

const { input_data } = JSON.parse(digitBody.toString()) as { input_data: number[] };
const input = { name: 'input', datatype: 'FP32', shape: [1, 784], data: input_data };
const good = JSON.stringify({ inputs: [input] });
const infer = '/v2/models/mnist-mlp/infer';
const posts: Record<string, string> = {
  [infer]: good,
  '/v2/models/mnist-mlp/versions/v1.0/infer': good,
  '/v1/models/mnist-mlp:predict': JSON.stringify({ instances: [input_data] }),
};
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

interface Bad {
  readonly name: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
  readonly status: readonly number[];
}

/** Rows A1, A5, A6, A8 and A14 of the fault matrix; each is followed by a request that must be answered as before. */
const bad: Bad[] = [
  { name: 'broken JSON', body: '{"inputs":[', status: [400] },
  { name: 'an empty body', body: '', status: [400] },
  { name: 'null', body: 'null', status: [400, 422] },
  { name: 'an array', body: '[]', status: [400, 422] },
  { name: 'a number', body: '1', status: [400, 422] },
  { name: 'bytes that are no UTF-8', body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), status: [400] },
  { name: '101 levels', body: nested(101), status: [400] },
  { name: '250,000 levels', body: nested(250_000), status: [400, 413] },
  { name: '__proto__', body: '{"__proto__":{"polluted":1}}', status: [400, 422] },
  { name: 'constructor', body: '{"constructor":{"prototype":{"polluted":1}}}', status: [400, 422] },
  { name: 'a body over the limit', body: Buffer.alloc(4 * 2 ** 20 + 1, ' '), status: [413] },
  {
    name: 'a gzip bomb',
    body: gzipSync(Buffer.alloc(100 * 2 ** 20, ' ')),
    headers: { 'content-encoding': 'gzip' },
    status: [413],
  },
  { name: 'cut gzip', body: gzipSync(good).subarray(0, 40), headers: { 'content-encoding': 'gzip' }, status: [400] },
  { name: 'gzip twice', body: gzipSync(gzipSync(good)), headers: { 'content-encoding': 'gzip, gzip' }, status: [415] },
  { name: 'an unknown encoding', body: good, headers: { 'content-encoding': 'br' }, status: [415] },
];

/** Row A16: the length of the JSON before binary tensors. */
const lengths = ['-1', '99999999999', '1e3', 'x', '1.5', '', '0x10', String(good.length + 1)];

describe('what is wrong with a request of the protocols (rows A)', () => {
  let host: ModelHost;
  let server: InferenceServer;
  let golden: string;
  before(async () => {
    host = ModelHost.start({ models: [{ name: 'mnist-mlp', batching: {} }] });
    await host.ready;
    server = await createServer({ host, port: 0, logger: false });
    golden = await predictions(infer);
  });
  after(async () => {
    await server.close();
    await host.close();
  });

  const send = async (path: string, body: string | Buffer, headers = {}) => {
    const all = { 'content-type': 'application/json', ...headers };
    const answer = await fetch(server.url + path, { method: 'POST', headers: all, body: body as string });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  const predictions = async (path: string) => (await send(path, posts[path] as string)).text;
  const expectError = (text: string) => {
    const { error } = JSON.parse(text) as { error?: unknown };
    expect(error, text).to.be.a('string').and.not.equal('');
    expect(text).not.to.match(/\bat .*:\d+|node_modules|\.(?:ts|js|cc)\b|\/(?:home|tmp|work)\//);
    expect(text.length).to.be.below(4096);
  };
  const expectUntouched = async () => {
    expect(await predictions(infer)).to.equal(golden);
    expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
    expect(host.model('mnist-mlp').queue?.stats()).to.include({ waitingRows: 0, batchesInFlight: 0 });
  };

  for (const path of Object.keys(posts)) {
    for (const { name, body = good, headers, status } of bad) {
      it(`${name} is told to the client of ${path}, and nothing else happens`, async () => {
        const answer = await send(path, body, headers);
        expect(status, answer.text).to.include(answer.status);
        expectError(answer.text);
        await expectUntouched();
      });
    }
  }

  for (const length of lengths) {
    it(`a header of ${JSON.stringify(length)} bytes is refused`, async () => {
      const answer = await send(infer, good, { 'inference-header-content-length': length });
      expect([400, 413], answer.text).to.include(answer.status);
      expectError(answer.text);
      // What comes of a number that was taken all the same is refused, too, in words that do not help.
      expect(answer.text).to.include('Inference-Header-Content-Length');
      await expectUntouched();
    });
  }

  const names = ['..', '%2e%2e%2fetc', 'a%00', 'a%0d%0aX', 'x'.repeat(129), '%20', '%F0%9F%98%80', '__proto__'];
  for (const name of [...names, 'constructor', '%E0%A4%A']) {
    it(`the model ${name.slice(0, 20)} is none`, async () => {
      const request = `POST /v2/models/${name}/infer HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`;
      const answer = await exchangeRaw(server.port, request);
      expect(answer)
        .to.match(/^HTTP\/1\.1 40[04] /)
        .and.not.match(/\r\nX/);
      expectError(answer.slice(answer.indexOf('\r\n\r\n') + 4));
      await expectUntouched();
    });
  }

  it('a wrong verb is answered with those that are right', async () => {
    const answer = await fetch(server.url + infer, { method: 'DELETE' });
    expect([answer.status, answer.headers.get('allow')]).to.deep.equal([405, 'POST, OPTIONS']);
    expectError(await answer.text());
  });

  it('a million chunks of one byte take no memory', async () => {
    const head = `POST ${infer} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const { socket, received } = await rawConnection(server.port);
    // The server closes while the client still sends.
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write(`${head}${'1\r\n \r\n'.repeat(1_000_000)}0\r\n\r\n`);
    await closed;
    const answer = received();
    expect(answer).to.match(/^HTTP\/1\.1 413 /);
    await expectUntouched();
  });

  it('a client that leaves in the middle of its body leaves nothing behind', async () => {
    for (let i = 0; i < 20; i++) {
      const { socket } = await rawConnection(server.port);
      socket.write(
        `POST ${infer} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${good.length}\r\n\r\n${good.slice(0, 99)}`,
      );
      socket.destroy();
    }
    await expectUntouched();
  });
});
