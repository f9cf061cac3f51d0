import { once } from 'node:events';
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { digits } from '../support/server/digits.js';
import { expectProblem, predict, rawConnection, until } from '../support/server/http.js';
import { keptLogger } from '../support/server/logs.js';
import { occupy } from '../support/server/occupy.js';

const maxQueueSize = 4;
const bodyOf = (index: number) => JSON.stringify({ input_data: digits[index]?.input });

describe('the queue of the digit model over HTTP', () => {
  let host: ModelHost;
  let server: InferenceServer;
  const log = keptLogger();
  beforeEach(async () => {
    host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 2, maxQueueSize } }] });
    server = await createServer({ host, port: 0, logger: log.logger });
  });
  afterEach(async () => {
    await server.close();
    await host.close();
  });
  const stats = () => host.model().queue!.stats();

  const occupied = () => occupy(host, () => predict(server.url, bodyOf(0)));
  const waiting = (rows: number) => until(`${rows} rows wait`, () => stats().waitingRows === rows);
  const fill = async () => {
    const answers = Array.from({ length: maxQueueSize }, (_, index) => predict(server.url, bodyOf(index + 1)));
    await waiting(maxQueueSize);
    return answers;
  };
  const line = (id: string) => log.lines().find(({ requestId }) => requestId === id);

  it('refuses before it reads the body when no row fits, and answers all that waited', async () => {
    const { free, first } = await occupied();
    const answers = await fill();
    const { socket, received } = await rawConnection(server.port);
    // The body never comes, and is not waited for.
    socket.write(
      'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n',
    );
    await until('it is answered', () => received().includes('ERR_QUEUE_FULL'));
    expect(received())
      .to.match(/^HTTP\/1\.1 429 /)
      .and.match(/^retry-after: [1-5]\r$/im);
    socket.destroy();
    expectProblem(await predict(server.url, 'no JSON at all'), { status: 429, code: 'ERR_QUEUE_FULL' });
    expect(await (await fetch(`${server.url}/metrics`)).text()).to.match(/^node_libtorch_batch_queue_rows\{.*\} 4$/m);
    await free();
    expect((await first).body['predictions']).to.deep.equal([0]);
    for (const [index, answer] of (await Promise.all(answers)).entries()) {
      expect(answer.body['predictions']).to.deep.equal([index + 1]);
    }
    expect((await predict(server.url, bodyOf(9))).status).to.equal(200);
  });

  it('refuses after reading when fewer rows fit than the request has', async () => {
    const { free } = await occupied();
    const answers = await fill();
    await free();
    await Promise.all(answers);
    const { free: freeAgain } = await occupied();
    // Two of them go ahead to the engine, now that a batch is known to be short.
    const ahead = [1, 2].map((index) => predict(server.url, bodyOf(index)));
    await until('they are ahead', () => stats().batchesInFlight === 2);
    const three = [3, 4, 5].map((index) => predict(server.url, bodyOf(index)));
    await waiting(3);
    const two = JSON.stringify({ input_data: digits.slice(0, 2).flatMap(({ input }) => input), batch_size: 2 });
    expectProblem(await predict(server.url, two), { status: 429, code: 'ERR_QUEUE_FULL' });
    await freeAgain();
    for (const answer of await Promise.all([...ahead, ...three])) expect(answer.status).to.equal(200);
  });

  it('frees the place of a client that leaves', async () => {
    const { free } = await occupied();
    const { socket } = await rawConnection(server.port);
    const body = bodyOf(1);
    socket.write(
      `POST /predict HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: leaver\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await waiting(1);
    socket.destroy();
    await once(socket, 'close');
    await waiting(0);
    expect(stats().requests.aborted).to.equal(1);
    expect(stats().batchesInFlight).to.equal(1);
    expect(line('leaver')).to.include({ status: 499, aborted: true });
    await free();
  });

  it('answers 504 at the deadline while a request waits', async () => {
    const { free } = await occupied();
    const answer = await predict(server.url, bodyOf(1), { 'x-request-timeout-ms': '30' });
    expectProblem(answer, { status: 504, code: 'ERR_TIMEOUT' });
    expect(stats()).to.include({ waitingRows: 0, batchesInFlight: 1 });
    expect(stats().requests.timedOut).to.equal(1);
    await free();
  });

  it('answers what waits and refuses what comes while the host drains', async () => {
    const { free, first } = await occupied();
    const answers = await fill();
    const closed = host.close();
    expectProblem(await predict(server.url, bodyOf(1)), { status: 503, code: 'ERR_DRAINING' });
    await free();
    for (const answer of [await first, ...(await Promise.all(answers))]) expect(answer.status).to.equal(200);
    await closed;
  });

  it('says how long a request waited and ran, and counts batches', async () => {
    const { free } = await occupied();
    const answer = predict(server.url, bodyOf(1), { 'x-request-id': 'waited' });
    await waiting(1);
    await free();
    const { body } = await answer;
    await until('it is logged', () => line('waited') !== undefined);
    expect(line('waited')?.['queueMs']).to.be.a('number').above(1);
    expect(line('waited')?.['inferenceMs']).to.be.closeTo(body['inference_time_ms'] as number, 0.001);
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).to.match(/^node_libtorch_batch_rows_count\{model="mnist-mlp",version="v1.0"\} 2$/m);
    expect(text).to.match(/^node_libtorch_batches_total\{model="mnist-mlp",version="v1.0",reason="idle"\} 2$/m);
    expect(text).to.match(/^node_libtorch_batch_queue_rows\{model="mnist-mlp",version="v1.0"\} 0$/m);
  });
});
