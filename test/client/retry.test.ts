import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Deadline } from '#dist/client/deadline.js';
import { InferenceConnectionError, InferenceServerError } from '#dist/client/errors.js';
import { InferenceClient, Tensor, type ClientOptions } from '#dist/client/index.js';
import { withRetries } from '#dist/client/retry.js';
import { handMade, json, type HandMade } from '../support/hand-made-server.js';
import { rejection } from '../support/errors.js';

const good = { model_name: 'm', model_version: '1', outputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: [1] }] };
const x = Tensor.from([1]);

describe('a client tries again', () => {
  let made: HandMade;
  before(async () => {
    made = await handMade();
  });
  after(() => made.close());
  const infer = (options: ClientOptions = {}, call = {}) =>
    new InferenceClient(made.url, options).model('m').infer({ x }, { binary: false, ...call });

  it('after 429, and after 503 with Retry-After', async () => {
    made.answer(json(429, { error: 'full' }), json(503, { error: 'soon' }, { 'retry-after': '0' }), json(200, good));
    expect((await infer()).tensor().toArray()).to.deep.equal([1]);
    expect(made.seen).to.have.length(3);
  });

  it('as often as it is told, and says how often it tried', async () => {
    made.answer(json(429, { error: 'full' }));
    expect(await rejection(() => infer({ retries: 1 }), 'ERR_QUEUE_FULL')).to.include({ attempts: 2 });
    expect(made.seen).to.have.length(2);
    expect(await rejection(() => infer({ retries: 0 }), 'ERR_QUEUE_FULL')).to.include({ attempts: 1 });
    expect(made.seen).to.have.length(3);
  });

  it('not after 503 without Retry-After, 500 or 400: another try would end alike', async () => {
    for (const status of [400, 404, 500, 503, 504]) {
      made.answer(json(status, { error: 'no' }));
      await rejection(() => infer(), codes[status]!);
      expect(made.seen, String(status)).to.have.length(1);
    }
  });
  const codes: Readonly<Record<number, string>> = {
    400: 'ERR_BAD_REQUEST',
    404: 'ERR_MODEL_NOT_FOUND',
    500: 'ERR_INTERNAL',
    503: 'ERR_NOT_READY',
    504: 'ERR_TIMEOUT',
  };

  it('not when the server wants more time than there is', async () => {
    made.answer(json(429, { error: 'full' }, { 'retry-after': '5' }));
    const error = await rejection(() => infer({}, { timeoutMs: 1000 }), 'ERR_QUEUE_FULL');
    expect(error).to.include({ retryAfterMs: 5000, attempts: 1 });
    made.answer(json(429, { error: 'full' }, { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }));
    expect(await rejection(() => infer(), 'ERR_QUEUE_FULL')).to.include({ attempts: 1 });
  });

  it('not after an answer that was cut off, nor after a connection that ended: the model may have run', async () => {
    made.answer((seen) => void seen.socket.destroy());
    await rejection(() => infer(), 'ERR_CONNECTION');
    expect(made.seen).to.have.length(1);
  });

  it('when a kept connection was closed meanwhile, but not for a model that remembers', async () => {
    let closing = false;
    made.answer((seen, response) => {
      if (closing) {
        closing = false;
        seen.socket.destroy();
      } else json(200, good)(seen, response);
    });
    const model = new InferenceClient(made.url, { retries: 1 }).model('m');
    const call = { binary: false } as const;
    await model.infer({ x }, call);
    closing = true;
    expect((await model.infer({ x }, call)).tensor().toArray()).to.deep.equal([1]);
    expect(made.seen).to.have.length(3);
    closing = true;
    await rejection(() => model.infer({ x }, { ...call, idempotent: false }), 'ERR_CONNECTION');
    expect(made.seen).to.have.length(4);
    const once = new InferenceClient(made.url, { retries: 0 }).model('m');
    await once.infer({ x }, call);
    closing = true;
    await rejection(() => once.infer({ x }, call), 'ERR_CONNECTION');
    expect(made.seen).to.have.length(6);
  });

  it('when nobody was there: a server that starts meanwhile is found', async () => {
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as AddressInfo;
    first.close();
    await once(first, 'close');
    const client = new InferenceClient(`http://127.0.0.1:${port}`, { retries: 50 });
    const answer = client.isLive();
    const later = createServer((_request, response) => response.end('{"live":true}')).listen(port, '127.0.0.1');
    await once(later, 'listening');
    expect(await answer).to.equal(true);
    client.close();
    later.closeAllConnections();
    later.close();
  });

  it('with waits that grow, of which a random half is taken off', async () => {
    const waits: number[] = [];
    const deadline = new Deadline('a call', Infinity, undefined);
    deadline.sleep = async (ms) => void waits.push(ms);
    const refused = () =>
      Promise.reject(
        new InferenceServerError('ERR_QUEUE_FULL', 'full', { operation: 'x', status: 429, serverMessage: '' }),
      );
    for (const random of [0, 1]) {
      await withRetries({ retries: 4, idempotent: true }, deadline, refused, () => random).catch(() => undefined);
    }
    expect(waits).to.deep.equal([25, 50, 100, 200, 50, 100, 200, 400]);
    waits.length = 0;
    const told = () =>
      Promise.reject(
        new InferenceServerError('ERR_NOT_READY', 'x', {
          operation: 'x',
          status: 503,
          serverMessage: '',
          retryAfterMs: 2000,
        }),
      );
    await withRetries({ retries: 1, idempotent: true }, deadline, told, () => 0).catch(() => undefined);
    expect(waits, 'no earlier than the server says').to.deep.equal([2025]);
    const gone = () => Promise.reject(new InferenceConnectionError('ERR_CONNECTION', 'x', { operation: 'x' }));
    waits.length = 0;
    await withRetries({ retries: 4, idempotent: true }, deadline, gone).catch(() => undefined);
    expect(waits).to.deep.equal([]);
  });

  it('and ends at once when the caller aborts between two tries', async () => {
    const aborter = new AbortController();
    made.answer((seen, response) => {
      json(429, { error: 'full' }, { 'retry-after': '9' })(seen, response);
      setImmediate(() => setTimeout(() => aborter.abort(new Error('enough')), 20));
    });
    const error = await infer({}, { signal: aborter.signal }).catch((caught: unknown) => caught);
    expect(error).to.be.an('error').with.property('message', 'enough');
    expect(made.seen).to.have.length(1);
  });
});
