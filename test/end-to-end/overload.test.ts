import { expect } from 'chai';
import { ModelHost, Tensor } from '#dist/index.js';
import { createServer } from '#dist/server/index.js';
import { digits } from '../support/server/digits.js';
import { expectProblem, predict } from '../support/server/http.js';

const body = JSON.stringify({
  input_data: Array.from({ length: 128 }, (_, index) => digits[index % 10]?.input ?? []).flat(),
  batch_size: 128,
});

describe('the digit model under more load than it takes', () => {
  it('refuses with 429 what finds the queue full, and answers the rest', async () => {
    await using host = await ModelHost.open({ models: [{ name: 'mnist-mlp', load: { maxPending: 1 } }] });
    await using server = await createServer({ host, port: 0, logger: false });
    const answers = await Promise.all(Array.from({ length: 64 }, () => predict(server.url, body)));
    const refused = answers.filter(({ status }) => status !== 200);
    for (const answer of refused) {
      expectProblem(answer, { status: 429, code: 'ERR_QUEUE_FULL' });
      expect(answer.headers.get('retry-after')).to.match(/^[1-5]$/);
    }
    expect(answers.length - refused.length).to.be.above(0);
    expect((await predict(server.url, body)).status).to.equal(200);
  });

  it('answers 503 while loading, then serves; the host may close first', async () => {
    let open!: (example: Tensor) => void;
    const example = new Promise<Tensor>((resolve) => (open = resolve));
    const host = ModelHost.start({ models: [{ name: 'mnist-mlp', warmup: { example: () => example } }] });
    await using server = await createServer({ host, port: 0, logger: false });
    expect((await fetch(`${server.url}/health/live`)).status).to.equal(200);
    expect((await fetch(`${server.url}/health/ready`)).status).to.equal(503);
    expectProblem(await predict(server.url, body), { status: 503, code: 'ERR_NOT_READY' });
    open(new Tensor('float32', new Float32Array(784), [1, 784]));
    await host.ready;
    expect((await predict(server.url, body)).status).to.equal(200);
    await host.close();
    expect((await fetch(`${server.url}/health/ready`)).status).to.equal(503);
    expectProblem(await predict(server.url, body), { status: 503, code: 'ERR_DRAINING' });
  });
});
