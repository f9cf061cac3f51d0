/** serving.md §3 row 27: limits that count requests and not their rows. */
import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { predict } from '../support/server/http.js';
import { rejection } from '../support/errors.js';
import { bodyOf, DigitServer, digitRows, expectDigit } from '../support/regression.js';

describe('limits count rows', () => {
  // Requests of 32 rows each went into batches of up to 32 requests: a thousand rows, and out of memory.
  it('BM#3859, BM#3710: requests of several rows make no batch of more rows than maxBatchSize', async () => {
    await using digits = await DigitServer.open({ maxBatchSize: 8 });
    const sizes = [3, 3, 3, 5, 1, 8, 2, 6, 7];
    const answers = await Promise.all(sizes.map((rows, i) => digits.run(i, {}, rows)));
    answers.forEach((answer, i) => expectDigit(answer, i, sizes[i]));
    expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([6, 8, 1, 8, 8, 7]);
  });

  // A request larger than a batch was run as it came, or refused.
  it('BM#3859: a request of more rows is split, and its answers are rejoined in order', async () => {
    await using digits = await DigitServer.open({ maxBatchSize: 8 });
    const order = Array.from({ length: 30 }, (_, i) => (i * 7) % 10);
    const data = Float32Array.from(order.flatMap((digit) => [...(digitRows(digit).data as Float32Array)]));
    const answer = await digits.host.model().run(new Tensor('float32', data, [30, 784]));
    expect(answer.shape).to.deep.equal([30, 10]);
    for (const [i, digit] of order.entries()) {
      expectDigit(new Tensor('float32', (answer.data as Float32Array).slice(i * 10, (i + 1) * 10), [1, 10]), digit);
    }
    expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([8, 8, 8, 6]);
    const { status, body } = await predict(digits.server.url, bodyOf(4, 20));
    expect(status).to.equal(200);
    expect(body['predictions']).to.deep.equal(new Array(20).fill(4));
    expect(Math.max(...digits.batches.map(({ rows }) => rows))).to.equal(8);
  });

  // mlserver/batching/adaptive.py bounds its queue by requests: the rows that wait have no bound.
  it('ML adaptive.py: the bound of the queue counts rows', async () => {
    await using digits = await DigitServer.open({ maxBatchSize: 4, maxQueueSize: 6 });
    const { free, first } = await digits.occupy();
    const four = digits.run(1, {}, 4);
    await rejection(() => digits.run(2, {}, 3), 'ERR_QUEUE_FULL');
    const two = digits.run(3, {}, 2);
    await rejection(() => digits.run(4), 'ERR_QUEUE_FULL');
    await free();
    expectDigit(await four, 1, 4);
    expectDigit(await two, 3, 2);
    expectDigit(await first, 0);
  });
});
