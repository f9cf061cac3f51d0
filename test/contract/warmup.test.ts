import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { contract, mayHave, rows } from './contract.js';

contract('warm-up', ({ load, signature }) => {
  it('runs every size, and finds a row-independent model', async () => {
    await using model = await load('linear');
    expect(model.warmupReport).to.equal(undefined);
    const report = await model.warmup({ example: rows(2), batchSizes: [1, 32] });
    expect(report).to.deep.include({ runs: 6, batchSizes: [1, 32], rowIndependent: true });
    expect(report.rowIndependence).to.match(/equals/);
    expect(report.durationMs).to.be.at.least(0);
    expect(model.warmupReport).to.equal(report);
    expect(model.pending).to.equal(0);
  });

  it('makes its example from a signature', async () => {
    await using model = await load('linear', { signature });
    expect(await model.warmup({ batchSizes: [1, 8] })).to.deep.include({ runs: 6, rowIndependent: true });
  });

  it('runs them on every instance', async function () {
    if (!(await mayHave(2))) this.skip();
    await using model = await load('linear', { instances: 2 });
    expect(await model.warmup({ example: rows(2), batchSizes: [1, 8] })).to.deep.include({ runs: 12 });
  });

  it('takes one row for an example, by position and by name', async () => {
    await using model = await load('linear');
    const { name } = model.info.methods[0]!.args[0]!;
    for (const example of [rows(1), [rows(1)], { [name]: rows(1) }]) {
      expect((await model.warmup({ example })).rowIndependent).to.equal(true);
    }
  });

  it('finds a model that mixes rows, from an example of one row too', async () => {
    await using model = await load('mixing');
    for (const count of [1, 2]) {
      const report = await model.warmup({ example: rows(count) });
      expect(report.rowIndependent).to.equal(false);
      expect(report.rowIndependence).to.match(/other rows/);
    }
  });

  it('is not deceived by an example of equal rows', async () => {
    await using model = await load('mixing');
    for (const value of [0, 1]) {
      for (const count of [1, 2]) {
        const example = new Tensor('float32', new Float32Array(4 * count).fill(value), [count, 4]);
        expect((await model.warmup({ example })).rowIndependent).to.equal(false);
      }
    }
  });

  it('measures rows by the tolerance it is given', async () => {
    await using model = await load('mixing');
    const generous = { absolute: 1e9, relative: 0 };
    expect((await model.warmup({ example: rows(2), tolerance: generous })).rowIndependent).to.equal(true);
    const none = { absolute: 0, relative: 0 };
    expect((await model.warmup({ example: rows(2), tolerance: none })).rowIndependent).to.equal(false);
  });

  it('refuses a tolerance or a batch size that makes no sense', async () => {
    await using model = await load('linear');
    for (const wrong of [1, null, {}, { absolute: 0 }, { absolute: -1, relative: 0 }, { absolute: NaN, relative: 0 }]) {
      await rejection(() => model.warmup({ example: rows(2), tolerance: wrong as never }), 'ERR_INVALID_ARGUMENT');
    }
    for (const wrong of [[0], [1.5], [], 5]) {
      await rejection(() => model.warmup({ example: rows(2), batchSizes: wrong as never }), 'ERR_INVALID_ARGUMENT');
    }
    expect(model.warmupReport).to.equal(undefined);
  });

  it('can be aborted', async () => {
    await using model = await load('linear');
    const reason = new Error('enough');
    const answer = model.warmup({ example: rows(2), signal: AbortSignal.abort(reason) });
    expect(await answer.catch((error: unknown) => error)).to.equal(reason);
    expect(model.pending).to.equal(0);
  });
});
