import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { digitModel, fixture } from '../../support/paths.js';

const rows = (n: number, width: number): Tensor =>
  new Tensor(
    'float32',
    Float32Array.from({ length: n * width }, (_, i) => Math.sin(i + 1)),
    [n, width],
  );

/** What depends on TorchScript; what every engine does is in test/contract. */
describe('warm-up of TorchScript models', () => {
  it('runs the bundled model in every size, on examples made from its signature', async () => {
    await using model = await loadModel(digitModel, {
      signature: { inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }], outputs: [] },
    });
    expect(model.warmupReport).to.equal(undefined);
    const report = await model.warmup({ batchSizes: [1, 32] });
    expect(report).to.deep.include({ runs: 6, batchSizes: [1, 32], rowIndependent: true });
    expect(model.warmupReport).to.equal(report);
  });

  it('finds narrow.pt, whose output has other rows, not row-independent, from an example of one row too', async () => {
    await using model = await loadModel(fixture('torchscript/narrow.pt'));
    for (const n of [1, 2]) {
      const report = await model.warmup({ example: rows(n, 4) });
      expect(report.rowIndependent).to.equal(false);
      expect(report.rowIndependence).to.match(/rows/);
    }
  });

  it('leaves the state of a stateful model as it was', async () => {
    await using model = await loadModel(fixture('torchscript/stateful.pt'));
    const x = new Tensor('float32', new Float32Array([1, 2]), [2]);
    const report = await model.warmup({ example: [x] });
    expect(report.rowIndependent).to.equal(undefined);
    const [sum, calls] = await model.call<[Tensor, number]>('forward', [x]);
    expect(sum.toArray()).to.deep.equal([1, 2]);
    expect(calls).to.equal(1);
  });

  it('asks for an example when there is no signature', async () => {
    await using model = await loadModel(fixture('torchscript/linear.pt'));
    const error = await rejection(() => model.warmup(), 'ERR_INVALID_ARGUMENT');
    expect(error.message).to.match(/Tensor/);
  });
});
