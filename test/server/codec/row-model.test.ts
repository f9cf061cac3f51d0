import { expect } from 'chai';
import { torchError } from '#dist/errors.js';
import { rowModel } from '#dist/server/codec/row-model.js';
import { ServedModel } from '#dist/serving/served-model.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { caught } from '../../support/caught.js';
import { rejection } from '../../support/rejection.js';

describe('a served model seen as rows and classes', () => {
  const input = { name: 'x', dtype: 'float32', shape: [null, 2, 3] };
  /** Its model answers what is given; the way from there to classes is the real one. */
  const served = (record: unknown, output?: unknown, onRun = (_options: unknown): void => undefined) => {
    const execute = (method: string, args: [Tensor], options: unknown) => {
      expect(method).to.equal('forward');
      expect(args[0].shape).to.deep.equal([2, 2, 3]);
      onRun(options);
      return Promise.resolve({ value: output, timings: { queueMs: 5, runMs: 0.5 } });
    };
    const parts = { name: 'm', version: 'v1', record, model: {}, queue: { execute, on: () => undefined } };
    const hooks = { requireOpen: () => undefined, ended: () => undefined };
    return new ServedModel(...([parts, hooks] as unknown as ConstructorParameters<typeof ServedModel>));
  };
  const record = (inputs: unknown[] = [input]) => ({
    task: { type: 'classification', activation: 'softmax', labels: ['a', 'b'] },
    signature: { inputs, outputs: [] },
  });
  const rows = { rows: new Float32Array(12), batchSize: 2 };

  it('shapes rows for the model and reads its scores', async () => {
    const model = rowModel(served(record(), new Tensor('float32', Float32Array.of(0, 5, 5, 0), [2, 2])));
    expect(model).to.include({ features: 6, range: undefined });
    const { predictions, timings } = await model.predict(rows);
    expect(predictions).to.deep.equal([1, 0]);
    expect(timings).to.deep.equal({ queueMs: 5, runMs: 0.5 });
  });

  it('refuses other outputs', async () => {
    const others = [
      new Tensor('float32', new Float32Array(6), [2, 3]),
      new Tensor('float64', new Float64Array(4), [2, 2]),
      [new Tensor('float32', new Float32Array(4), [2, 2])],
      null,
    ];
    for (const output of others) {
      const error = await rejection(rowModel(served(record(), output)).predict(rows));
      expect(error).to.have.property('code', 'ERR_BAD_OUTPUT');
    }
  });

  it('is only for classification with one float32 input of free rows', () => {
    const others = [
      undefined,
      { ...record(), task: { type: 'other' } },
      record([input, input]),
      record([{ ...input, dtype: 'int64' }]),
      record([{ ...input, shape: [1, 6] }]),
      record([{ ...input, shape: [null, null] }]),
      record([{ ...input, shape: [] }]),
    ];
    for (const other of others) caught(() => rowModel(served(other)), 'ERR_TASK');
  });

  it('points into the request where the model’s door names elements', async () => {
    const faults = Array.from({ length: 20 }, (_, i) => ({
      argument: 'x',
      element: 2 * i + 1,
      detail: 'Expected less',
    }));
    const thrown = Object.assign(torchError('ERR_OUT_OF_RANGE', 'x[1]: Expected less'), { faults });
    const onRun = () => {
      throw thrown;
    };
    const error = await rejection(rowModel(served(record(), null, onRun)).predict(rows));
    expect(error).to.include({ code: 'ERR_OUT_OF_RANGE', message: 'input_data[1]: Expected less', cause: thrown });
    expect(error.errors).to.deep.equal(
      faults.slice(0, 16).map(({ element, detail }) => ({ pointer: `/input_data/${element}`, detail })),
    );
  });

  it('passes other errors on as they are', async () => {
    const thrown = [torchError('ERR_INVALID_SHAPE', 'no faults'), torchError('ERR_TIMEOUT', 'late'), new Error('ours')];
    for (const error of thrown) {
      const onRun = () => {
        throw error;
      };
      expect(await rejection(rowModel(served(record(), null, onRun)).predict(rows))).to.equal(error);
    }
  });

  it('hands on what is known of the numbers, and that they are its own', async () => {
    const seen: unknown[] = [];
    const scores = new Tensor('float32', Float32Array.of(0, 5, 5, 0), [2, 2]);
    const model = rowModel(served(record(), scores, (options) => seen.push(options)));
    await model.predict({ ...rows, bounds: [0, 0.5] }, { timeoutMs: 7 });
    await model.predict(rows);
    expect(seen).to.deep.equal([{ owned: true, bounds: [0, 0.5], timeoutMs: 7 }, { owned: true }]);
  });
});
