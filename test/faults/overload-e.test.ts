import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { until } from '../support/server/http.js';
import { occupy } from '../support/server/occupy.js';
import { digitBody } from '../support/server/serve-process.js';

const flooder = 'nlt_flooder_0123456789abcdefgh';
const tenantToken = (tenant: number) => `nlt_tenant_0123456789abcdef_${tenant}`;
const tenants = Array.from({ length: 12 }, (_, tenant) => tenant);
const tokens = [`flood infer ${flooder}`, ...tenants.map((i) => `tenant-${i} infer ${tenantToken(i)}`)].join('\n');

const { input_data } = JSON.parse(digitBody.toString()) as { input_data: number[] };
const tensor = { name: 'input', datatype: 'FP32', shape: [1, 784], data: input_data };
const bodies: Record<string, string> = {
  '/predict': digitBody.toString(),
  '/v2/models/mnist-mlp/infer': JSON.stringify({ inputs: [tensor] }),
};

describe('more than can be answered (rows E3 and E6)', () => {
  let host: ModelHost;
  let server: InferenceServer;
  before(async () => {
    const batching = { maxQueueSize: 24, maxBatchSize: 2 };
    host = ModelHost.start({ models: [{ name: 'mnist-mlp', batching }] });
    await host.ready;
    server = await createServer({ host, port: 0, logger: false, tokens });
  });
  /** What ends what a test has begun: one that has failed has not done so. */
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(() => Promise.all(ends.splice(0).map((end) => end().catch(() => undefined))));
  after(async () => {
    await server.close();
    await host.close();
  });

  const send = async (path: string, token: string, headers = {}) => {
    const all = { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers };
    const answer = await fetch(server.url + path, { method: 'POST', headers: all, body: bodies[path] as string });
    await answer.text();
    return answer;
  };
  const count = (answers: readonly Response[], status: number) => answers.filter((one) => one.status === status).length;

  for (const path of Object.keys(bodies)) {
    it(`lets every tenant in over ${path} while one floods`, async function () {
      this.timeout(60_000);
      // The model is busy until the flood is refused, so that the tenants come to a queue that is full on any machine.
      const { first, free } = await occupy(host, () => send(path, flooder));
      ends.push(free);
      let isOver = false;
      const flooded: Response[] = [];
      const flood = Array.from({ length: 48 }, async () => {
        while (!isOver) flooded.push(await send(path, flooder));
      });
      ends.push(() => {
        isOver = true;
        return Promise.all(flood);
      });
      await until('the flood is refused', () => count(flooded, 429) > 0, 30_000);
      const sent = Promise.all(
        tenants.map(async (tenant) => {
          const own: Response[] = [];
          for (let i = 0; i < 3; i++) own.push(await send(path, tenantToken(tenant)));
          return own;
        }),
      );
      await free();
      const answers = await sent;
      isOver = true;
      await Promise.all(flood);
      expect((await first).status).to.equal(200);
      expect(count(answers.flat(), 200)).to.equal(3 * tenants.length);
      expect(count(flooded, 200) + count(flooded, 429)).to.equal(flooded.length);
      expect(flooded.find(({ status }) => status === 429)?.headers.get('retry-after')).to.match(/^[1-9]$/);
      expect(host.model('mnist-mlp').queue?.stats().waitingRows).to.equal(0);
    });

    const garbage = ['0', '-1', '1.5', 'soon', '0x10', '1e3', '', '9'.repeat(30)];
    it(`refuses a time that is none over ${path}, and clamps one that is long`, async () => {
      const before = host.model('mnist-mlp').queue?.stats().batches;
      for (const time of garbage) {
        expect((await send(path, flooder, { 'x-request-timeout-ms': time })).status, time).to.equal(400);
      }
      expect(host.model('mnist-mlp').queue?.stats().batches).to.equal(before);
      expect((await send(path, flooder, { 'x-request-timeout-ms': '999999999999' })).status).to.equal(200);
    });
  }
});
