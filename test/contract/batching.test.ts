import { expect } from 'chai';
import { BatchQueue, Tensor, type Model } from 'node-libtorch';
import { expectValue } from '../support/values.js';
import { rejection } from '../support/errors.js';
import { contract, rows } from './contract.js';

const tolerance = 1e-5;

contract('batches', ({ load, failing, signature }) => {
  let model: Model;
  before(async () => {
    model = await load('linear');
    await model.warmup({ example: rows(2), batchSizes: [1, 16] });
  });
  after(() => model.dispose());

  it('give 200 callers their own rows', async () => {
    await using queue = new BatchQueue(model, { maxBatchSize: 16 });
    const inputs = Array.from({ length: 200 }, (_, caller) => rows(1 + (caller % 5), caller));
    const answers = await Promise.all(inputs.map((input) => queue.run(input)));
    const { batches } = queue.stats();
    for (const [caller, answer] of answers.entries()) {
      expectValue(answer, await model.run(inputs[caller]!), tolerance, `caller ${caller}`);
    }
    expect(batches).to.be.below(200);
    expect(model.pending).to.equal(0);
  });

  it('split a call of more rows than one has', async () => {
    await using queue = new BatchQueue(model, { maxBatchSize: 4 });
    const sizes: number[] = [];
    queue.on('batch', (event) => sizes.push(event.rows));
    expectValue(await queue.run(rows(10)), await model.run(rows(10)), tolerance);
    expect(sizes).to.deep.equal([4, 4, 2]);
  });

  it('hold each call to the signature before it joins', async () => {
    await using signed = await load('linear', { signature });
    await using queue = new BatchQueue(signed, { rowIndependent: true });
    const good = [rows(1, 1), rows(1, 2)];
    const wrong = new Tensor('float32', new Float32Array(4).fill(2), [1, 4]);
    const narrow = new Tensor('float32', new Float32Array(3), [1, 3]);
    const first = queue.run(good[0]!);
    await rejection(() => queue.run(wrong), 'ERR_OUT_OF_RANGE');
    const second = queue.run(good[1]!);
    await rejection(() => queue.run(narrow), 'ERR_INVALID_SHAPE');
    for (const [i, answer] of [await first, await second].entries()) {
      expectValue(answer, await signed.run(good[i]!), tolerance);
    }
    expect(queue.stats().requests).to.include({ completed: 2, failed: 0 });
  });

  it('let the caller alone fail whose rows make the model fail', async () => {
    await using raising = await load('failing');
    await using queue = new BatchQueue(raising, { rowIndependent: true });
    const { good, bad } = failing;
    const [first, second, third] = await Promise.allSettled(
      [good, bad, good].map((args) => queue.call('forward', args)),
    );
    const alone = await raising.call('forward', good);
    for (const answer of [first, third]) expect(answer).to.deep.equal({ status: 'fulfilled', value: alone });
    expect(second).to.have.nested.property('reason.code', 'ERR_MODEL_EXECUTION');
  });

  it('are not made of a model that mixes rows, or that was never checked', async () => {
    await using mixing = await load('mixing');
    const make = (): BatchQueue => new BatchQueue(mixing);
    expect((await rejection(make, 'ERR_NOT_BATCHABLE')).message).to.match(/never checked/);
    await mixing.warmup({ example: rows(2) });
    expect((await rejection(make, 'ERR_NOT_BATCHABLE')).message).to.match(/other rows/);
  });
});
