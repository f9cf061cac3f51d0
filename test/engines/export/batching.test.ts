import { expect } from 'chai';
import { BatchQueue, loadModel, ModelHost, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';

const exported = (name: string): string => fixture(`export/${name}.pt2`);
const row = (caller: number, rows = 1): Tensor =>
  new Tensor(
    'float32',
    Float32Array.from({ length: 4 * rows }, (_, i) => Math.sin(caller * 7 + i)),
    [rows, 4],
  );

describe('BatchQueue over exported programs', () => {
  it('gives each caller its own rows, in batches of at most the exported 64', async () => {
    await using model = await loadModel(exported('mlp'));
    expect((await model.warmup({ batchSizes: [1, 8] })).rowIndependent).to.equal(true);
    await using queue = new BatchQueue(model, { maxBatchSize: 100 });
    expect(queue.options.maxBatchSize).to.be.at.most(64);
    const sizes: number[] = [];
    queue.on('batch', ({ rows }) => sizes.push(rows));
    const inputs = Array.from({ length: 100 }, (_, caller) => row(caller, 1 + (caller % 3)));
    const answers = await Promise.all(inputs.map((input) => queue.run(input)));
    for (const [i, answer] of answers.entries()) {
      const alone = await model.run(inputs[i] as Tensor);
      expect(answer.shape).to.deep.equal(alone.shape);
      for (const [at, value] of answer.data.entries()) expect(value).to.be.closeTo(Number(alone.data[at]), 1e-5);
    }
    expect(Math.max(...sizes)).to.be.above(1);
    expect((await queue.run(row(1, 150))).shape).to.deep.equal([150, 3]);
    await rejection(() => model.run(row(1, 150)), 'ERR_INVALID_SHAPE');
  });

  it('batches nothing whose rows depend on how many there are', async () => {
    for (const [name, why] of [
      ['row_mixing', /./],
      ['derived', /other sizes follow/],
      ['square', /other sizes follow/],
      ['even', /2 rows|1 row|even|% 2/],
      ['cache', /fixed|state/],
    ] as const) {
      await using model = await loadModel(exported(name));
      const { rowIndependent, rowIndependence } = await model.warmup();
      expect(rowIndependent, name).to.not.equal(true);
      expect(rowIndependence, name).to.match(why);
    }
  });

  it('is served by a ModelHost with no hand-written signature', async () => {
    await using host = await ModelHost.open({
      models: [{ file: exported('mlp'), name: 'mlp', batching: {} }],
      defaultModel: 'mlp',
    });
    const served = host.model('mlp');
    expect(served.queue?.options.maxBatchSize).to.be.at.most(64);
    expect(served.warnings).to.deep.equal([]);
    expect((await served.run(row(1))).shape).to.deep.equal([1, 3]);
  });
});
