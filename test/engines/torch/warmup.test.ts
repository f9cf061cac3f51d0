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

describe('warmup', () => {
  it('runs every size on every instance and finds a row-independent model', async () => {
    await using model = await loadModel(digitModel, {
      signature: { inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }], outputs: [] },
    });
    expect(model.warmupReport).to.equal(undefined);
    const report = await model.warmup({ batchSizes: [1, 32] });
    expect(report).to.deep.include({ runs: 6, batchSizes: [1, 32], rowIndependent: true });
    expect(model.warmupReport).to.equal(report);
  });

  const verdicts: [string, number, boolean | undefined, RegExp][] = [
    ['row_independent.pt', 2, true, /equals/],
    ['row_mixing.pt', 2, false, /other rows/],
    ['narrow.pt', 2, false, /rows/],
  ];
  for (const [file, count, verdict, why] of verdicts) {
    it(`finds ${file} ${verdict ? '' : 'not '}row-independent, from an example of one row too`, async () => {
      await using model = await loadModel(fixture(`torchscript/${file}`));
      for (const n of [1, count]) {
        const report = await model.warmup({ example: rows(n, 4) });
        expect(report.rowIndependent).to.equal(verdict);
        expect(report.rowIndependence).to.match(why);
      }
    });
  }

  it('is not deceived by an example of equal rows', async () => {
    await using model = await loadModel(fixture('torchscript/row_mixing.pt'));
    for (const value of [0, 1]) {
      for (const count of [1, 2]) {
        const example = new Tensor('float32', new Float32Array(4 * count).fill(value), [count, 4]);
        expect((await model.warmup({ example })).rowIndependent).to.equal(false);
      }
    }
  });

  it('measures rows by the tolerance it is given', async () => {
    await using mixing = await loadModel(fixture('torchscript/row_mixing.pt'));
    const generous = { absolute: 1e9, relative: 0 };
    expect((await mixing.warmup({ example: rows(2, 4), tolerance: generous })).rowIndependent).to.equal(true);
    const none = { absolute: 0, relative: 0 };
    expect((await mixing.warmup({ example: rows(2, 4), tolerance: none })).rowIndependent).to.equal(false);
    for (const wrong of [1, null, {}, { absolute: 0 }, { absolute: -1, relative: 0 }, { absolute: NaN, relative: 0 }]) {
      const action = () => mixing.warmup({ example: rows(2, 4), tolerance: wrong as never });
      await rejection(action, 'ERR_INVALID_ARGUMENT');
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

  it('refuses a batch size of no size', async () => {
    await using model = await loadModel(fixture('torchscript/linear.pt'));
    await rejection(() => model.warmup({ example: rows(2, 4), batchSizes: [0] }), 'ERR_INVALID_ARGUMENT');
  });

  it('can be aborted', async () => {
    await using model = await loadModel(fixture('torchscript/linear.pt'));
    const reason = new Error('enough');
    const answer = model.warmup({ example: rows(2, 4), signal: AbortSignal.abort(reason) });
    expect(await answer.catch((error: unknown) => error)).to.equal(reason);
  });
});
