/** serving.md §3 row 8: time limits and queue bounds that do not hold while the model runs. */
import { expect } from 'chai';
import { expectProblem } from '../support/server/http.js';
import { rejection } from '../support/errors.js';
import { DigitServer, expectDigit, expectPrediction } from '../support/regression.js';

describe('time limits and bounds hold while the model runs', () => {
  // The time limit of B, which waited, was looked at only once A, which ran for 90 s, had ended.
  it('T#7512: a waiting request times out in its own time, not when the run before it ends', async () => {
    await using digits = await DigitServer.open({ timeoutMs: 10_000 });
    const { free, first } = await digits.occupy();
    const started = performance.now();
    expectProblem(await digits.post(1, { 'x-request-timeout-ms': '40' }), { status: 504, code: 'ERR_TIMEOUT' });
    await rejection(() => digits.run(2, { timeoutMs: 40 }), 'ERR_TIMEOUT');
    expect(performance.now() - started).to.be.above(75);
    expect(digits.queue.stats()).to.include({ waitingRows: 0, batchesInFlight: 1 });
    await free();
    expectDigit(await first, 0);
  });

  // Requests sent with pauses between them were let in beyond max_queue_size: the bound held in a burst only.
  it('T#6796: the bound is the same for requests that come one by one', async () => {
    await using digits = await DigitServer.open({ maxQueueSize: 3, maxBatchSize: 2 });
    const { free, first } = await digits.occupy();
    const accepted = [];
    for (let digit = 1; digit <= 3; ++digit) {
      accepted.push(digits.run(digit));
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    for (let i = 0; i < 3; ++i) {
      expectProblem(await digits.post(9), { status: 429, code: 'ERR_QUEUE_FULL' });
      await rejection(() => digits.run(9), 'ERR_QUEUE_FULL');
    }
    expect(digits.queue.stats()).to.include({ waitingRows: 3, batchesInFlight: 1 });
    await free();
    (await Promise.all([first, ...accepted])).forEach((answer, i) => expectDigit(answer, i));
    expectPrediction(await digits.post(9), 9); // and there is room again
  });

  // "Timeout expired" came long before the limit that the client had set: two limits, in units of their own.
  it('T#5348: nothing expires before its limit, and the shorter of the two limits is the one', async () => {
    await using digits = await DigitServer.open({ timeoutMs: 20_000 });
    const { free, first } = await digits.occupy();
    const patient = [digits.run(1), digits.run(2, { timeoutMs: 10_000 }), digits.run(3, { timeoutMs: 1e9 })];
    const started = performance.now();
    await rejection(() => digits.run(4, { timeoutMs: 60 }), 'ERR_TIMEOUT');
    expect(performance.now() - started).to.be.at.least(60);
    await free();
    (await Promise.all([first, ...patient])).forEach((answer, i) => expectDigit(answer, i));
    expect(digits.queue.stats().requests.timedOut).to.equal(1);

    await using strict = await DigitServer.open({ timeoutMs: 50 });
    const { free: release, first: cut } = await strict.occupy();
    await rejection(() => strict.run(4, { timeoutMs: 30_000 }), 'ERR_TIMEOUT');
    await rejection(() => cut, 'ERR_TIMEOUT');
    await release();
  });
});
