import { expect } from 'chai';
import type { BatchQueue } from '#dist/batching/index.js';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { FakeEngine, rowsOf } from '../support/fake-engine.js';
import { turns } from '../support/turn.js';

describe('requests that what waits makes late', () => {
  const name = 'mnist-mlp';
  let host: ModelHost;
  let server: InferenceServer;
  before(async () => {
    host = await ModelHost.open({ models: [{ name }] });
    server = await createServer({ host, port: 0, logger: false });
  });
  after(async () => {
    await server.close();
    await host.close();
  });

  const codeOf = async (path: string, body: string): Promise<string | null> => {
    const headers = { 'content-type': 'application/json', 'x-request-timeout-ms': '900' };
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers, body });
    const { code } = (await answer.json()) as { code?: unknown };
    // KServe v1, TorchServe and the Open Inference Protocol have no place for it in the body.
    return typeof code === 'string' ? code : answer.headers.get('x-error-code');
  };

  /** Asks while ten seconds of work wait in the model's queue: a thousand batches of 10 ms, of calls of this priority. */
  const whileWorkWaits = async (priority: number, ask: (queue: BatchQueue) => Promise<void>): Promise<void> => {
    const engine = new FakeEngine({ stepped: true });
    const queue = engine.queue({ maxBatchSize: 4, maxQueueSize: 10_000 });
    for (let batch = 0; batch < 40; batch++) {
      const answer = queue.run(rowsOf(1, batch % 2 === 0 ? 4 : 2));
      await turns();
      engine.clock.advance(10);
      await engine.finish();
      await answer;
    }
    const waiting = Promise.all(Array.from({ length: 4000 }, () => queue.run(rowsOf(1), { priority })));
    await turns();
    const served = host.model(name);
    const own = Object.getOwnPropertyDescriptor(served, 'queue') as PropertyDescriptor;
    Object.defineProperty(served, 'queue', { value: queue, configurable: true });
    try {
      await ask(queue);
    } finally {
      Object.defineProperty(served, 'queue', own);
      await engine.finishAll(waiting);
    }
  };

  it('are refused before their body is read where it cannot say that they are urgent', async () => {
    await whileWorkWaits(5, async () => {
      for (const path of ['/predict', `/v1/models/${name}:predict`, `/predictions/${name}`]) {
        expect(await codeOf(path, 'no JSON'), path).to.equal('ERR_TIMEOUT');
      }
    });
  });

  it('are refused after it over the Open Inference Protocol, where it could', async () => {
    const path = `/v2/models/${name}/infer`;
    const data = Array.from({ length: 784 }, () => 0);
    const body = JSON.stringify({ inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 784], data }] });
    await whileWorkWaits(5, async (queue) => {
      expect(await codeOf(path, 'no JSON')).to.equal('ERR_MALFORMED_JSON');
      expect(await codeOf(path, body)).to.equal('ERR_TIMEOUT');
      expect(queue.stats().requests.refused).to.equal(1);
    });
    await whileWorkWaits(1, async () => {
      expect(await codeOf(path, 'no JSON'), 'even the most urgent would be late').to.equal('ERR_TIMEOUT');
    });
  });
});
