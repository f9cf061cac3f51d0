/** serving.md §3 row 10: one bad request fails the batch. */
import { expect } from 'chai';
import { BatchQueue, Tensor } from 'node-libtorch';
import { expectProblem, predict } from '../support/server/http.js';
import { rejection } from '../support/errors.js';
import { DigitServer, expectDigit, expectPrediction, fixtureModel, row } from '../support/regression.js';

describe('one bad request fails alone', () => {
  // An exception for one request of a batch was the answer to all of them.
  it('LS#340: of a batch in which the model raises, only the requests at fault fail', async () => {
    await using model = await fixtureModel('raises');
    await using queue = new BatchQueue(model, { rowIndependent: true });
    const answers = [4, -1, 9, -2, 16].map((value) => queue.run(row(value)));
    const settled = await Promise.allSettled(answers);
    expect(settled.map(({ status }) => status[0]).join('')).to.equal('frfrf');
    expect(
      settled.filter(({ status }) => status === 'fulfilled').map((each) => first((each as { value: Tensor }).value)),
    ).to.deep.equal([2, 3, 4]);
    for (const each of settled) {
      if (each.status === 'rejected') expect(each.reason).to.have.property('code', 'ERR_MODEL_EXECUTION');
    }
    expect(queue.stats().requests).to.include({ completed: 3, failed: 2 });
  });

  it('LS#340: over HTTP a bad request is refused before it is anybody’s neighbour', async () => {
    await using digits = await DigitServer.open({});
    const { free, first: running } = await digits.occupy();
    const good = [1, 2].map((digit) => digits.post(digit));
    const bad = JSON.stringify({ input_data: [2, ...new Array<number>(783).fill(0)] });
    expectProblem(await predict(digits.server.url, bad), { status: 422, code: 'ERR_OUT_OF_RANGE' });
    const short = JSON.stringify({ input_data: new Array<number>(783).fill(0) });
    expectProblem(await predict(digits.server.url, short), { status: 422, code: 'ERR_INVALID_SHAPE' });
    await digits.waiting(2);
    await free();
    for (const [i, answer] of (await Promise.all(good)).entries()) expectPrediction(answer, i + 1);
    expectDigit(await running, 0);
    expect(digits.batches.map(({ requests }) => requests)).to.deep.equal([1, 2]);
    expect(digits.queue.stats()).to.include({ isolated: 0 });
  });

  it('LS#340: a large request that is split fails as one, and takes nobody with it', async () => {
    await using model = await fixtureModel('raises');
    await using queue = new BatchQueue(model, { rowIndependent: true, maxBatchSize: 4 });
    const data = Float32Array.from({ length: 10 }, (_, i) => (i === 9 ? -1 : 4));
    const large = rejection(() => queue.run(new Tensor('float32', data, [10, 1])), 'ERR_MODEL_EXECUTION');
    const small = [9, 16].map((value) => queue.run(row(value, 1)));
    expect((await Promise.all(small)).map(first)).to.deep.equal([3, 4]);
    await large;
    expect(queue.stats().batchSizes, 'they shared the last batch').to.deep.equal({ 4: 3 });
    expect(queue.stats()).to.include({ waitingRows: 0, isolated: 3 });
  });
});

const first = (tensor: Tensor): number => Number(tensor.data[0]);
