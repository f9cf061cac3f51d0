import { expect } from 'chai';
import { InferenceClient, Tensor, type ClientOptions } from '#dist/client/index.js';
import { rejection } from '../support/errors.js';
import { handMade, json, type HandMade, type Seen } from '../support/hand-made-server.js';
import { until } from '../support/server/http.js';

const good = { model_name: 'm', model_version: '1', outputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: [1] }] };
const x = Tensor.from([1]);
const call = { binary: false } as const;
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const isInfer = ({ path }: Seen) => path.endsWith('/infer');

describe('a call of a client', () => {
  let made: HandMade;
  before(async () => {
    made = await handMade();
  });
  after(() => made.close());
  const clientOf = (options: ClientOptions = {}) => new InferenceClient(made.url, options);

  it('is not sent again when a kept connection ends while the request runs', async () => {
    made.answer(json(200, good), (seen) => void setTimeout(() => seen.socket.resetAndDestroy(), 700));
    const client = clientOf();
    await client.model('m').infer({ x }, call);
    await rejection(() => client.model('m').infer({ x }, call), 'ERR_CONNECTION');
    expect(made.seen).to.have.length(2);
    expect(made.seen[0]?.socket).to.equal(made.seen[1]?.socket);
    client.close();
  });

  it('that runs when the client is closed ends, and is not sent again', async () => {
    for (const options of [{}, { fetch }]) {
      made.answer(json(200, good), () => undefined);
      const client = clientOf(options);
      await client.model('m').infer({ x }, call);
      const running = rejection(() => client.model('m').infer({ x }, call), 'ERR_DISPOSED');
      await until('it runs', () => made.seen.length === 2);
      client.close();
      await running;
      await later(100);
      expect(made.seen).to.have.length(2);
    }
  });

  it('ends at its time and at an abort while the token is asked for', async () => {
    for (const address of [made.url, 'grpc://127.0.0.1:1']) {
      const client = new InferenceClient(address, { token: () => new Promise<string>(() => undefined), retries: 0 });
      await rejection(() => client.isLive({ timeoutMs: 50 }), 'ERR_TIMEOUT');
      const reason = new Error('enough');
      const aborter = new AbortController();
      setTimeout(() => aborter.abort(reason), 20);
      expect(await client.isLive({ signal: aborter.signal }).catch((error: unknown) => error)).to.equal(reason);
      client.close();
    }
  });

  describe('that is refused', () => {
    const metadata = { name: 'm', versions: ['1'], platform: 'p', outputs: [] };
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1] }];
    const refusing = (): void =>
      made.answer((seen, response) => {
        if (isInfer(seen)) json(400, { error: 'never' })(seen, response);
        else json(200, { ...metadata, inputs, extensions: [], version: '1' })(seen, response);
      });
    const questions = () => made.seen.filter(({ method }) => method === 'GET').length;

    it('asks the server no more often for many refusals than for one', async () => {
      refusing();
      const model = clientOf().model('m');
      for (let i = 0; i < 10; i++) await rejection(() => model.infer({ x: [1] }), 'ERR_BAD_REQUEST');
      // The model and the server, first and again.
      expect(questions()).to.equal(4);
      expect(made.seen.filter(isInfer)).to.have.length(10);
    });

    it('asks nothing for a model that remembers', async () => {
      refusing();
      const model = clientOf().model('m');
      await rejection(() => model.infer({ x: [1] }, { idempotent: false }), 'ERR_BAD_REQUEST');
      expect(questions()).to.equal(2);
    });

    it('ends with the reason of an abort that comes while it asks again', async () => {
      const aborter = new AbortController();
      const reason = new Error('enough');
      made.answer((seen, response) => {
        if (isInfer(seen)) json(400, { error: 'never' })(seen, response);
        else if (made.seen.some(isInfer)) aborter.abort(reason);
        else json(200, { ...metadata, inputs, extensions: [], version: '1' })(seen, response);
      });
      const client = clientOf();
      const ended = client.model('m').infer({ x: [1] }, { signal: aborter.signal });
      expect(await ended.catch((error: unknown) => error)).to.equal(reason);
      client.close();
    });
  });

  it('that waits until a server is ready takes no wrong option', async () => {
    made.answer(json(200, {}));
    const client = clientOf();
    for (const options of [{ model: '' }, { model: 5 }, { model: 'm', version: '' }, { version: '1' }]) {
      await rejection(() => client.waitUntilReady(options as never), 'ERR_INVALID_ARGUMENT');
    }
    for (const intervalMs of [0, -1, NaN, '5']) {
      await rejection(() => client.waitUntilReady({ intervalMs } as never), 'ERR_INVALID_ARGUMENT');
    }
    expect(made.seen).to.have.length(0);
  });

  it('takes no parameter that the wire cannot hold', async () => {
    made.answer(json(200, good));
    for (const address of [made.url, 'grpc://127.0.0.1:1']) {
      const client = new InferenceClient(address, { retries: 0 });
      for (const a of [NaN, Infinity, -Infinity, 2n ** 64n, -(2n ** 63n) - 1n]) {
        await rejection(() => client.model('m').infer({ x }, { parameters: { a } }), 'ERR_INVALID_ARGUMENT');
        await rejection(() => client.load('m', { parameters: { a } }), 'ERR_INVALID_ARGUMENT');
      }
      if (client.protocol === 'grpc') {
        for (const a of [1.5, 2 ** 53, 2n ** 63n])
          await rejection(() => client.load('m', { parameters: { a } }), 'ERR_INVALID_ARGUMENT');
      }
      client.close();
    }
    expect(made.seen).to.have.length(0);
  });
});
