import { expect } from 'chai';
import { BatchQueue, loadModel, ModelHost, Tensor, type Model } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { compiled } from '../../support/repack.js';

/** One row whose elements say whose it is. */
const sentinel = (caller: number, rows = 1): Tensor =>
  new Tensor(
    'float32',
    Float32Array.from({ length: 32 * rows }, (_, i) => caller * 100 + i),
    [rows, 32],
  );
const answerTo = ({ data }: Tensor): number[] => Array.from(data as Float32Array, (value, i) => (value - (i % 32)) * 2);

describe('BatchQueue over compiled packages', () => {
  let model: Model;
  before(async () => {
    model = await loadModel(compiled('elementwise'), { instances: 2 });
    const report = await model.warmup({ batchSizes: [1, 8] });
    expect(report.rowIndependent).to.equal(true);
  });
  after(() => model.dispose());

  it('gives 200 callers their own rows, in batches of at most the exported 8', async () => {
    await using queue = new BatchQueue(model, { maxBatchSize: 32 });
    expect(queue.options.maxBatchSize).to.equal(8);
    const sizes: number[] = [];
    queue.on('batch', (event) => sizes.push(event.rows));
    const inputs = Array.from({ length: 200 }, (_, caller) => sentinel(caller, 1 + (caller % 3)));
    const answers = await Promise.all(inputs.map((input) => queue.run(input)));
    for (const [caller, answer] of answers.entries()) {
      expect([...answer.data], `caller ${caller}`).to.deep.equal(answerTo(inputs[caller] as Tensor));
    }
    expect(Math.max(...sizes)).to.equal(8);
  });

  it('splits a call of more rows than the model takes', async () => {
    await using queue = new BatchQueue(model);
    const input = sentinel(1, 50);
    expect([...(await queue.run(input)).data]).to.deep.equal(answerTo(input));
    await rejection(() => model.run(input), 'ERR_INVALID_SHAPE');
  });

  it('batches nested arguments and gives nested results', async () => {
    await using nested = await loadModel(compiled('nested'));
    expect((await nested.warmup()).rowIndependent).to.equal(true);
    await using queue = new BatchQueue(nested);
    const calls = Array.from({ length: 40 }, (_, caller) => {
      const left = Tensor.from([[caller, caller + 1, caller + 2]]);
      const features = { ids: Tensor.from([[BigInt(caller), 0n]]), sides: [left, Tensor.from([[1, 1, 1]])] };
      return queue.call<{ sum: Tensor; parts: [Tensor, Tensor] }>('forward', { features, scale: Tensor.from([[2]]) });
    });
    for (const [caller, { sum, parts }] of (await Promise.all(calls)).entries()) {
      expect([...sum.data]).to.deep.equal([2 * caller + 2, 2 * caller + 4, 2 * caller + 6]);
      expect([...parts[1].data]).to.deep.equal([BigInt(caller) + 1n, 1n]);
    }
  });

  it('is served by a ModelHost, with the default batch size cut to what the model takes', async () => {
    await using host = await ModelHost.open({
      models: [{ file: compiled('elementwise'), name: 'scale', batching: {} }],
      defaultModel: 'scale',
    });
    const input = sentinel(3);
    expect([...(await host.model('scale').run(input)).data]).to.deep.equal(answerTo(input));
  });
});
