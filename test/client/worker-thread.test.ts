import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { InferenceClient, Tensor } from '#dist/client/index.js';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { root } from '../support/paths.js';

/** The client of one thread: it sends so many calls at once, and tells which classes came. */
const source = `
import { parentPort, workerData } from 'node:worker_threads';
const { InferenceClient, Tensor } = await import(workerData.client);
const client = new InferenceClient(workerData.url);
const model = client.model('mnist-mlp');
const ask = async (value) => (await model.infer({ input: Tensor.full([1, 784], value) })).tensor().argmax();
parentPort.postMessage(await Promise.all(workerData.values.map(ask)));
if (workerData.goesOn) for (;;) await ask(0);
client.close();
`;
const script = new URL(`data:text/javascript,${encodeURIComponent(source)}`);

describe('a client in worker threads', function () {
  this.timeout(60_000);
  let host: ModelHost;
  let server: InferenceServer;
  before(async () => {
    host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: {} }] });
    server = await createServer({ host, port: 0, grpcPort: 0, logger: false });
  });
  after(async () => {
    await server.close();
    await host.close();
  });

  const values = [0, 0.25, 0.5, 1];
  const start = (url: string, goesOn: boolean) =>
    new Worker(script, { workerData: { client: `file://${root}dist/client/index.js`, url, values, goesOn } });
  const urls = () => [server.url, `grpc://127.0.0.1:${server.grpcPort}`];

  for (const [i, protocol] of ['http', 'grpc'].entries()) {
    it(`gets the answers of the main thread, and the thread ends by itself, over ${protocol}`, async () => {
      const client = new InferenceClient(urls()[i] as string);
      const model = client.model('mnist-mlp');
      const expected = [];
      for (const value of values) {
        expected.push((await model.infer({ input: Tensor.full([1, 784], value) })).tensor().argmax());
      }
      client.close();
      const workers = [1, 2].map(() => start(urls()[i] as string, false));
      const ends = workers.map((worker) => once(worker, 'exit'));
      const answers = await Promise.all(workers.map((worker) => once(worker, 'message')));
      expect(answers).to.deep.equal([[expected], [expected]]);
      expect(await Promise.all(ends)).to.deep.equal([[0], [0]]);
    });

    it(`leaves nothing behind in the server when its thread is ended in a call, over ${protocol}`, async () => {
      const { queue } = host.model('mnist-mlp');
      if (queue === undefined) throw new Error('no queue');
      const worker = start(urls()[i] as string, true);
      await once(worker, 'message');
      await worker.terminate();
      const client = new InferenceClient(urls()[i] as string);
      await client.model('mnist-mlp').infer({ input: Tensor.zeros([1, 784]) });
      client.close();
      // The server may hear of the end a moment after us.
      const isBusy = () => {
        const { waitingRows, batchesInFlight } = queue.stats();
        return waitingRows + batchesInFlight > 0;
      };
      while (isBusy()) await setImmediate();
    });
  }
});
