/** serving.md §3 row 6: batches do not form, or have another size than was asked for. */
import { expect } from 'chai';
import type { Batchable } from '#dist/model/batchable.js';
import { BatchQueue } from 'node-libtorch';
import { DigitServer, expectDigit, expectPrediction, fixtureModel, row } from '../support/regression.js';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i % 10);

describe('batches form as documented', () => {
  // Five requests ran as 1, 1, 1 and 2: those that came during a run were dealt out before it ended.
  it('T#3624: all that queued during a run goes into the next batch', async () => {
    await using digits = await DigitServer.open({});
    const { free, first } = await digits.occupy();
    const answers = [first, ...[1, 2, 3, 4].map((digit) => digits.run(digit))];
    await free();
    (await Promise.all(answers)).forEach((answer, i) => expectDigit(answer, i));
    expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([1, 4]);
  });

  // A hundred requests at once, batches of ten and no delay gave batches of all sizes up to ten.
  it('T#8094: a hundred requests at once fill ten batches of ten, without a delay', async () => {
    await using digits = await DigitServer.open({ maxBatchSize: 10 });
    const answers = await Promise.all(range(100).map((digit) => digits.run(digit)));
    answers.forEach((answer, i) => expectDigit(answer, i % 10));
    expect(digits.queue.stats().batchSizes).to.deep.equal({ 10: 10 });
    expect(digits.queue.stats().closed).to.include({ size: 10, idle: 0, delay: 0 });
  });

  // Nobody could tell whether the batcher that was configured did anything.
  it('T#3327: the sizes of the batches and why each was closed can be read', async () => {
    await using digits = await DigitServer.open({ maxBatchSize: 4 });
    await Promise.all(range(6).map((digit) => digits.run(digit)));
    expect(digits.queue.stats()).to.deep.include({ batchSizes: { 4: 1, 2: 1 }, rows: 6 });
    const text = await (await fetch(`${digits.server.url}/metrics`)).text();
    expect(text)
      .to.match(/^node_libtorch_batch_rows_sum\{.*\} 6$/m)
      .and.match(/^node_libtorch_batch_rows_count\{.*\} 2$/m);
    expect(text)
      .to.match(/^node_libtorch_batches_total\{.*reason="size"\} 1$/m)
      .and.match(/^node_libtorch_batches_total\{.*reason="idle"\} 1$/m);
  });

  // Batches of a size that is none of the preferred ones (the largest and one more), slow where sizes are compiled.
  it('T#8141: the model sees no other sizes than those allowed', async () => {
    const model = (await fixtureModel('row_independent', row(1))) as Batchable;
    const ran: number[] = [];
    // The real model; only what reaches it is noted.
    const runBatch = model.runBatch.bind(model);
    model.runBatch = (calls, padTo) => {
      ran.push(
        Math.max(
          padTo ?? 0,
          calls.reduce((sum, call) => sum + call.rows, 0),
        ),
      );
      return runBatch(calls, padTo);
    };
    await using _ = model;
    await using queue = new BatchQueue(model, { maxBatchSize: 8, allowedBatchSizes: [1, 4, 8] });
    for (let count = 1; count <= 20; ++count) {
      const answers = await Promise.all(Array.from({ length: count }, (_, i) => queue.run(row(i))));
      answers.forEach((answer, i) => expect(Number(answer.data[0])).to.be.closeTo(2 * Math.tanh(i), 1e-5));
    }
    expect(new Set(ran)).to.deep.equal(new Set([1, 4, 8]));
  });

  // maxBatchDelay was added to every request, a lone one too.
  it('TS#1699: a lone request waits for no company, however long the delay', async () => {
    await using digits = await DigitServer.open({ maxDelayMs: 20_000 });
    const started = performance.now();
    expectPrediction(await digits.post(7), 7);
    expect(performance.now() - started).to.be.below(5000);
    expect(digits.queue.stats().closed).to.deep.include({ idle: 1, delay: 0 });
  });

  // Behind the KServe wrapper each HTTP request was one of its own for TorchServe.
  it('TS#2373: requests of separate connections and callers in process share a batch', async () => {
    await using digits = await DigitServer.open({});
    const { free, first } = await digits.occupy();
    const posted = [1, 2, 3].map((digit) => digits.post(digit));
    const called = digits.run(4);
    await digits.waiting(4);
    await free();
    for (const [i, answer] of (await Promise.all(posted)).entries()) expectPrediction(answer, i + 1);
    expectDigit(await called, 4);
    expectDigit(await first, 0);
    expect(digits.batches).to.deep.equal([
      { rows: 1, paddedRows: 0, requests: 1 },
      { rows: 4, paddedRows: 0, requests: 4 },
    ]);
  });

  // The envelope took the first of five requests, and the batch failed: "expect: 5, got: 1".
  it('TS#2158: a batch of five HTTP requests has five answers, each its own', async () => {
    await using digits = await DigitServer.open({ maxBatchSize: 5 });
    const { free, first } = await digits.occupy();
    const posted = [5, 6, 7, 8, 9].map((digit) => digits.post(digit));
    await digits.waiting(5);
    await free();
    for (const [i, answer] of (await Promise.all(posted)).entries()) expectPrediction(answer, i + 5);
    expectDigit(await first, 0);
    expect(digits.batches.at(-1)).to.include({ requests: 5, rows: 5 });
  });

  // The agent's batcher knew one body format of the two, and let the other through unbatched.
  it('KS#2275: requests of both body formats share a batch', async () => {
    await using digits = await DigitServer.open({});
    const { free, first } = await digits.occupy();
    const posted = [digits.post(3), digits.postOctets(8)];
    await digits.waiting(2);
    await free();
    const [json, octets] = await Promise.all(posted);
    expectPrediction(json!, 3);
    expectPrediction(octets!, 8);
    expectDigit(await first, 0);
    expect(digits.batches.at(-1)).to.include({ requests: 2, rows: 2 });
  });
});
