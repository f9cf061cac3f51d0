/** serving.md §3 row 9: requests that nobody waits for any more are computed all the same. */
import { once } from 'node:events';
import { expect } from 'chai';
import type { Batchable } from '#dist/model/batchable.js';
import { rawConnection, until } from '../support/server/http.js';
import { rejection } from '../support/errors.js';
import { bodyOf, DigitServer, expectDigit, expectPrediction } from '../support/regression.js';

const headOf = (body: string): string =>
  `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;

/** Batches run, and the queue hears nothing of it until they are let go, however quick this machine is. */
function holdAnswers(digits: DigitServer): () => void {
  const model = digits.host.model().model as Batchable;
  const runBatch = model.runBatch.bind(model);
  let letGo!: () => void;
  const gone = new Promise<void>((resolve) => (letGo = resolve));
  model.runBatch = async (calls, padTo) => {
    const answer = await runBatch(calls, padTo);
    await gone;
    return answer;
  };
  return letGo;
}

describe('what nobody waits for is not computed', () => {
  // A request that had waited longer than anybody wanted its answer was run nevertheless, and kept fresh ones waiting.
  it('TS#1322, TS#1341, TS#1720: a request that expired in the queue never reaches the model', async () => {
    await using digits = await DigitServer.open({ maxBatchSize: 4 });
    const { free, first } = await digits.occupy();
    const stale = [1, 2, 3].map((digit) => rejection(() => digits.run(digit, { timeoutMs: 20 }), 'ERR_TIMEOUT'));
    const fresh = digits.run(4);
    await Promise.all(stale);
    await free();
    expectDigit(await first, 0);
    expectDigit(await fresh, 4);
    expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([1, 1]);
  });

  // The timer that should have settled the late ones was itself late, and they ran.
  it('TS#1322: nor does one whose timer was held up by a stalled event loop', async () => {
    await using digits = await DigitServer.open({ maxBatchSize: 4 });
    const running = await digits.occupyBriefly();
    const late = rejection(() => digits.run(1, { timeoutMs: 100 }), 'ERR_TIMEOUT');
    const fresh = digits.run(2);
    const until = performance.now() + 600; // the runs end and the deadline passes, and nobody hears of it
    while (performance.now() < until);
    await late;
    expectDigit(await fresh, 2);
    await Promise.all(running);
    expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([1, 1]);
  });

  // The limit of a request restarted the worker: loads and other requests in it were lost.
  it('TS#2061: a request that times out while it runs costs the model and its neighbours nothing', async () => {
    await using digits = await DigitServer.open({ maxBatchSize: 5_002, maxQueueSize: 6_000 });
    const letGo = holdAnswers(digits);
    const many = digits.run(2, {}, 5_000);
    const impatient = rejection(() => digits.run(1, { timeoutMs: 10 }), 'ERR_TIMEOUT');
    const one = digits.run(3);
    await impatient;
    expect(digits.queue.stats(), 'it was running').to.include({ batchesInFlight: 1, batches: 1, waitingRows: 0 });
    letGo();
    expectDigit(await many, 2, 5_000);
    expectDigit(await one, 3);
    expectPrediction(await digits.post(5), 5);
    expect(digits.host.model().model.pending).to.equal(0);
  });

  // The server noticed that a connection had closed when it wrote the answer, and not before.
  it('T#7077: the request of a client that disconnects is taken out of the queue', async () => {
    await using digits = await DigitServer.open({});
    const { free, first } = await digits.occupy();
    const leaver = await rawConnection(digits.server.port);
    leaver.socket.write(headOf(bodyOf(1)) + bodyOf(1));
    await digits.waiting(1);
    const stayer = digits.post(2);
    await digits.waiting(2);
    leaver.socket.destroy();
    await once(leaver.socket, 'close');
    await digits.waiting(1);
    await free();
    expectPrediction(await stayer, 2);
    expectDigit(await first, 0);
    expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([1, 1]);
    expect(digits.queue.stats().requests.aborted).to.equal(1);
  });

  // A body that never came to its end, of a client that had gone, would have been waited for.
  it('T#7077: nor does one whose client leaves in the middle of its body leave anything behind', async () => {
    await using digits = await DigitServer.open({});
    for (let i = 0; i < 20; ++i) {
      const { socket } = await rawConnection(digits.server.port);
      socket.write(headOf(bodyOf(1)) + bodyOf(1).slice(0, 200 + i));
      await new Promise((resolve) => setImmediate(resolve));
      socket.destroy();
    }
    const metrics = async (): Promise<string> => (await fetch(`${digits.server.url}/metrics`)).text();
    const left = /^node_libtorch_http_request_duration_seconds_count\{.*route="\/predict".*status="499".*\} 20$/m;
    await until('all are over', async () => left.test(await metrics()));
    expect(await metrics()).to.match(/^node_libtorch_http_requests_in_flight 1$/m); // the one that asks
    expectPrediction(await digits.post(3), 3);
    expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([1]);
  });

  // There was no way to cancel what had been queued.
  it('T#4818: an abort takes a queued request out and frees its place at once', async () => {
    await using digits = await DigitServer.open({ maxQueueSize: 1 });
    const { free, first } = await digits.occupy();
    for (let i = 0; i < 10; ++i) {
      const controller = new AbortController();
      const queued = digits.run(1, { signal: controller.signal });
      await rejection(() => digits.run(2), 'ERR_QUEUE_FULL');
      controller.abort(i);
      expect(await queued.catch((reason: unknown) => reason)).to.equal(i);
    }
    const next = digits.run(3);
    await free();
    expectDigit(await next, 3);
    expectDigit(await first, 0);
    expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([1, 1]);
  });

  // Nor what was running: its caller waited for the end.
  it('T#8030: an abort during the run answers its caller at once, and the rest of the batch is answered', async () => {
    await using digits = await DigitServer.open({ maxBatchSize: 5_002, maxQueueSize: 6_000 });
    const letGo = holdAnswers(digits);
    const controller = new AbortController();
    const [one, two, many] = [digits.run(1), digits.run(2, { signal: controller.signal }), digits.run(3, {}, 5_000)];
    await until('they run', () => digits.queue.stats().batchesInFlight === 1);
    controller.abort('changed my mind');
    expect(await two.catch((reason: unknown) => reason)).to.equal('changed my mind');
    expect(digits.queue.stats().batchesInFlight, 'the run has not ended').to.equal(1);
    letGo();
    expectDigit(await one, 1);
    expectDigit(await many, 3, 5_000);
    expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([5_002]);
  });
});
