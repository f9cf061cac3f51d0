import { gzipSync, deflateSync } from 'node:zlib';
import { expect } from 'chai';
import express from 'express';
import { createApp, createServer, type InferenceServer } from '#dist/server/index.js';
import { torchError } from '#dist/errors.js';
import { badInputs } from '../support/server/bad-input.js';
import { expectProblem, predict } from '../support/server/http.js';
import { features, logits, MemoryHost } from '../support/server/memory-host.js';

const rows = [
  [1, 0, 0, 0.25],
  [0, 1, 0.5, 0],
  [0.1, 0.2, 1, 1],
];
const good = JSON.stringify({ input_data: rows[0] });

function softmax(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + Math.exp(value), 0);
  return values.map((value) => Math.exp(value) / sum);
}

describe('POST /predict over a host in memory', () => {
  const host = new MemoryHost();
  let server: InferenceServer;
  /** The same handler, reached through somebody else's app. */
  let mounted: { url: string; close: () => void };

  before(async () => {
    server = await createServer({ host: host.asHost(), port: 0, logger: false });
    const app = express()
      .disable('x-powered-by')
      .use('/ml', createApp({ host: host.asHost(), logger: false }));
    mounted = await new Promise((resolve) => {
      const listener = app.listen(0, '127.0.0.1', () => {
        const { port } = listener.address() as { port: number };
        resolve({ url: `http://127.0.0.1:${port}/ml`, close: () => listener.close() });
      });
    });
  });
  after(async () => {
    mounted.close();
    await server.close();
  });
  beforeEach(() => {
    host.state = 'ready';
    host.behaviour = async () => undefined;
  });

  const expectGood = async (url: string) => {
    const { status, body } = await predict(url, good);
    expect(status).to.equal(200);
    expect(body['predictions']).to.deep.equal([0]);
  };

  it('answers one row with the defaults', async () => {
    const { status, headers, body } = await predict(server.url, good);
    expect(status).to.equal(200);
    expect(Object.keys(body)).to.deep.equal(['predictions', 'confidence_scores', 'model_version', 'inference_time_ms']);
    expect(body).to.include({ model_version: 'v1.0', inference_time_ms: 0.25 });
    expect((body['confidence_scores'] as number[])[0]).to.be.closeTo(Math.max(...softmax(logits(rows[0] ?? []))), 1e-6);
    expect(headers.get('content-type')).to.equal('application/json; charset=utf-8');
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(Number(headers.get('content-length'))).to.equal(JSON.stringify(body).length);
  });

  it('answers a batch row by row', async () => {
    const { body } = await predict(server.url, JSON.stringify({ input_data: rows.flat(), batch_size: 3 }));
    expect(body['predictions']).to.deep.equal([0, 1, 2]);
    for (const [index, row] of rows.entries()) {
      const score = (body['confidence_scores'] as number[])[index];
      expect(score).to.be.closeTo(Math.max(...softmax(logits(row))), 1e-6);
    }
  });

  it('takes 128 rows and the version named', async () => {
    const input_data = new Array<number>(128 * 2).fill(0.5);
    const { body } = await predict(server.url, JSON.stringify({ input_data, batch_size: 128, model_version: 'v2.0' }));
    expect(body['predictions']).to.have.length(128);
    expect(body['model_version']).to.equal('v2.0');
  });

  it('takes gzip and deflate bodies, and a charset', async () => {
    const encodings = [
      [gzipSync(good), 'gzip'],
      [gzipSync(good), 'X-GZip'],
      [deflateSync(good), 'deflate'],
      [Buffer.from(good), 'identity'],
    ] as const;
    for (const [body, encoding] of encodings) {
      expect((await predict(server.url, body, { 'content-encoding': encoding })).status, encoding).to.equal(200);
    }
    for (const type of [
      'application/json;charset=UTF-8',
      'Application/JSON; charset="utf-8"',
      'application/json; q=1',
    ]) {
      expect((await predict(server.url, good, { 'content-type': type })).status, type).to.equal(200);
    }
  });

  for (const [place, url] of [
    ['in front of the app', () => server.url],
    ['mounted under /ml', () => mounted.url],
  ] as const) {
    describe(`bad input, ${place}`, () => {
      for (const { name, body, headers, status, code, pointer } of badInputs(features)) {
        it(`refuses ${name} with ${status} ${code}, then serves`, async () => {
          const before = host.runs;
          const answer = await predict(url(), body, headers);
          expectProblem(answer, { status, code });
          if (pointer !== undefined) {
            const errors = answer.body['errors'] as { pointer: string }[];
            expect(errors[0]?.pointer).to.equal(pointer);
          }
          expect(host.runs, 'runs').to.equal(before);
          await expectGood(url());
        });
      }
    });
  }

  it('leaves Object.prototype as it was', () => {
    expect('polluted' in {}).to.equal(false);
  });

  it('says where JSON breaks and not what stands there', async () => {
    const { body } = await predict(server.url, '{"input_data":[0.123, NaN]}');
    expect(body['detail']).to.include('position 22').and.not.include('NaN').and.not.include('0.123');
  });

  it('lists 16 faults of the data at most', async () => {
    const input_data = new Array<number>(128 * features).fill(7);
    const { body } = await predict(server.url, JSON.stringify({ input_data, batch_size: 128 }));
    expect(body['errors']).to.have.length(16);
  });

  it('takes a body of exactly the limit', async () => {
    const { status } = await predict(server.url, good.padEnd(4 * 2 ** 20, ' '));
    expect(status).to.equal(200);
  });

  it('uses what a body parser before it has read', async () => {
    for (const parser of [express.json(), express.text({ type: '*/*' }), express.raw({ type: '*/*' })]) {
      const app = express()
        .disable('x-powered-by')
        .use(parser, createApp({ host: host.asHost(), logger: false }));
      const listener = app.listen(0, '127.0.0.1');
      await new Promise((resolve) => listener.once('listening', resolve));
      const url = `http://127.0.0.1:${(listener.address() as { port: number }).port}`;
      await expectGood(url);
      expectProblem(await predict(url, '{"input_data":[1]}'), { status: 422, code: 'ERR_INVALID_SHAPE' });
      listener.close();
    }
  });

  it('says 503 while the host loads or drains', async () => {
    for (const [state, code] of [
      ['loading', 'ERR_NOT_READY'],
      ['draining', 'ERR_DRAINING'],
      ['closed', 'ERR_DRAINING'],
    ] as const) {
      host.state = state;
      const answer = await predict(server.url, good);
      expectProblem(answer, { status: 503, code });
      expect(answer.headers.get('retry-after')).to.match(/^[1-5]$/);
    }
  });

  it('says 429 with Retry-After when the queue is full', async () => {
    host.behaviour = () => Promise.reject(torchError('ERR_QUEUE_FULL', 'Expected fewer'));
    const answer = await predict(server.url, good);
    expectProblem(answer, { status: 429, code: 'ERR_QUEUE_FULL' });
    expect(answer.headers.get('retry-after')).to.match(/^[1-5]$/);
  });

  it('asks the models that a request may mean for room before it reads the body', async () => {
    host.aliasNames.set('champion', 'v1.0');
    const full = host.model('tiny', 'v1.0');
    Object.defineProperty(full, 'queue', { value: { isFullFor: () => true }, configurable: true });
    const octets = { 'content-type': 'application/octet-stream' };
    const wanted: [string, object, string][] = [
      ['?model_version=v1.0', {}, 'ERR_QUEUE_FULL'],
      ['?model_version=champion', {}, 'ERR_QUEUE_FULL'],
      ['?model=tiny&model_version=v1.0', {}, 'ERR_QUEUE_FULL'],
      ['', octets, 'ERR_QUEUE_FULL'],
      ['?model_version=v2.0', octets, 'ERR_INVALID_SHAPE'],
      // The body may name another one, which has room.
      ['', {}, 'ERR_MALFORMED_JSON'],
      ['?model=tiny', {}, 'ERR_MALFORMED_JSON'],
      ['?model_version=v2.0', {}, 'ERR_MALFORMED_JSON'],
      // What is wrong with the query is told after the body.
      ['?nonsense=1', {}, 'ERR_MALFORMED_JSON'],
      ['?model=other', {}, 'ERR_MALFORMED_JSON'],
    ];
    try {
      for (const [query, headers, code] of wanted) {
        const { body } = await predict(server.url, 'no JSON', { ...headers }, query);
        expect(body['code'], `${query} ${JSON.stringify(headers)}`).to.equal(code);
      }
    } finally {
      Object.defineProperty(full, 'queue', { value: undefined, configurable: true });
    }
  });

  it('refuses before it reads the body what would not be answered before its deadline', async () => {
    const [one, other] = [host.model('tiny', 'v1.0'), host.model('tiny', 'v2.0')];
    // A second of work waits before it; the other one is full.
    const queue = { isFullFor: () => false, isLateFor: (timeoutMs: number) => timeoutMs < 1000 };
    Object.defineProperty(one, 'queue', { value: queue, configurable: true });
    const codeOf = async (limitMs: string, query = '') =>
      (await predict(server.url, 'no JSON', { 'x-request-timeout-ms': limitMs }, query)).body['code'];
    try {
      const answer = await predict(server.url, 'no JSON', { 'x-request-timeout-ms': '900' }, '?model_version=v1.0');
      expectProblem(answer, { status: 504, code: 'ERR_TIMEOUT' });
      expect(await codeOf('1100', '?model_version=v1.0')).to.equal('ERR_MALFORMED_JSON');
      expect(await codeOf('900'), 'the body may name the other one').to.equal('ERR_MALFORMED_JSON');
      Object.defineProperty(other, 'queue', { value: { isFullFor: () => true }, configurable: true });
      expect(await codeOf('900'), 'neither can take it').to.equal('ERR_QUEUE_FULL');
      expect(await codeOf('1100')).to.equal('ERR_MALFORMED_JSON');
      expect(await codeOf('soon')).to.equal('ERR_BAD_REQUEST');
    } finally {
      for (const served of [one, other]) {
        Object.defineProperty(served, 'queue', { value: undefined, configurable: true });
      }
    }
  });

  it('says nothing of what went wrong inside', async () => {
    const secret = 'at /work/model.py:7 value 0.987654321';
    for (const [error, code] of [
      [torchError('ERR_MODEL_EXECUTION', secret), 'ERR_MODEL_EXECUTION'],
      [torchError('ERR_INTEGRITY', secret), 'ERR_INTEGRITY'],
      [new Error(secret), 'ERR_INTERNAL'],
      [secret, 'ERR_INTERNAL'],
    ] as const) {
      host.behaviour = () => Promise.reject(error);
      const answer = await predict(server.url, good);
      expectProblem(answer, { status: code === 'ERR_INTEGRITY' ? 409 : 500, code });
      expect(JSON.stringify(answer.body)).not.to.include('987654321');
    }
  });

  it('ends at the deadline that the request names', async () => {
    host.behaviour = () => new Promise(() => undefined);
    const started = Date.now();
    const answer = await predict(server.url, good, { 'x-request-timeout-ms': '30' });
    expectProblem(answer, { status: 504, code: 'ERR_TIMEOUT' });
    expect(Date.now() - started).to.be.within(25, 1000);
  });

  it("never lengthens the server's deadline", async () => {
    const hasty = await createServer({ host: host.asHost(), port: 0, logger: false, requestTimeoutMs: 30 });
    host.behaviour = () => new Promise(() => undefined);
    expectProblem(await predict(hasty.url, good, { 'x-request-timeout-ms': '99999999999999' }), {
      status: 504,
      code: 'ERR_TIMEOUT',
    });
    await hasty.close();
  });

  it('aborts the run when the client goes', async () => {
    let aborted: (() => void) | undefined;
    const seen = new Promise<void>((resolve) => (aborted = resolve));
    let running: (() => void) | undefined;
    const started = new Promise<void>((resolve) => (running = resolve));
    host.behaviour = ({ signal }) => {
      running?.();
      return new Promise(() => signal?.addEventListener('abort', () => aborted?.()));
    };
    const controller = new AbortController();
    const request = fetch(`${server.url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: good,
      signal: controller.signal,
    });
    await started;
    controller.abort();
    await request.catch(() => undefined);
    await seen;
    host.behaviour = async () => undefined;
    await expectGood(server.url);
  });
});
