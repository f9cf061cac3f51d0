import { expect } from 'chai';
import { TorchError, type ErrorCode } from '#dist/errors.js';
import type { ModelRecord } from '#dist/registry/index.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { classifier } from '#dist/serving/classification.js';
import { classify } from '#dist/serving/postprocessing.js';
import { parseRows, rowFaults } from '#dist/serving/preprocessing.js';
import type { ServedModel } from '#dist/serving/served-model.js';
import { argmax, softmaxAt } from '#dist/tasks/scores/softmax.js';
import { rejection } from '../support/rejection.js';

function caught(action: () => unknown, code: ErrorCode): TorchError {
  try {
    action();
  } catch (error) {
    expect(error).to.be.instanceOf(TorchError).with.property('code', code);
    return error as TorchError;
  }
  throw new Error(`expected ${code}`);
}

describe('preprocessing', () => {
  const spec = { features: 2, batchSize: 2, range: [0, 1] as const };

  it('makes one float32 array of the rows', () => {
    expect(parseRows([0, 1, 0.5, -0], spec)).to.deep.equal(Float32Array.of(0, 1, 0.5, -0));
    expect(parseRows(Float64Array.of(0, 1, 0.25, 1), spec)).to.deep.equal(Float32Array.of(0, 1, 0.25, 1));
    expect(rowFaults([0, 1, 0.5, 0], spec)).to.deep.equal([]);
  });

  for (const values of [[], [0, 1, 0], [0, 1, 0, 1, 0]]) {
    it(`refuses ${values.length} values for 2 rows of 2`, () => {
      const error = caught(() => parseRows(values, spec), 'ERR_INVALID_SHAPE');
      expect(error.errors).to.deep.equal([{ pointer: '/input_data', detail: error.message }]);
      expect(error.message).to.include('Expected 4 numbers').and.include(`received ${values.length}`);
    });
  }

  const bad: [unknown, ErrorCode, string][] = [
    [NaN, 'ERR_NOT_FINITE', 'NaN'],
    [Infinity, 'ERR_OUT_OF_RANGE', 'larger'],
    [-Infinity, 'ERR_OUT_OF_RANGE', 'smaller'],
    [1.0000001, 'ERR_OUT_OF_RANGE', 'larger'],
    [-Number.MIN_VALUE, 'ERR_OUT_OF_RANGE', 'smaller'],
    ['secret', 'ERR_INVALID_INPUT', 'a string'],
    [true, 'ERR_INVALID_INPUT', 'a boolean'],
    [null, 'ERR_INVALID_INPUT', 'null'],
    [[0.5], 'ERR_INVALID_INPUT', 'an array'],
    [undefined, 'ERR_INVALID_INPUT', 'undefined'],
  ];
  for (const [value, code, words] of bad) {
    it(`refuses ${String(value)} as ${code}`, () => {
      const { errors, message } = caught(() => parseRows([0, 0, value, 0], spec), code);
      expect(errors).to.have.length(1);
      expect(errors?.[0]).to.have.property('pointer', '/input_data/2');
      expect(message).to.include(words).and.not.include('secret');
    });
  }

  it('takes what float32 can hold where there is no range', () => {
    const free = { features: 1, batchSize: 1 };
    expect(parseRows([-3.4e38], free)).to.have.length(1);
    for (const value of [1e39, Infinity, -Infinity]) caught(() => parseRows([value], free), 'ERR_OUT_OF_RANGE');
    caught(() => parseRows([NaN], free), 'ERR_NOT_FINITE');
  });

  it('lists at most 16 faults, however many there are', () => {
    const many = { features: 1000, batchSize: 100, range: [0, 1] as const };
    const values = new Array<number>(100_000).fill(2);
    expect(caught(() => parseRows(values, many), 'ERR_OUT_OF_RANGE').errors).to.have.length(16);
  });
});

describe('postprocessing', () => {
  it('answers the most probable class and its softmax', () => {
    const { predictions, confidenceScores } = classify(Float32Array.of(0, Math.log(3), 2, 1), 2, 2, 'softmax');
    expect(predictions).to.deep.equal([1, 0]);
    expect(confidenceScores[0]).to.be.closeTo(0.75, 1e-6);
    expect(confidenceScores[1]).to.be.closeTo(1 / (1 + Math.exp(-1)), 1e-12);
  });

  it('is stable for logits whose exponentials overflow', () => {
    expect(classify(Float32Array.of(1e30, 0), 1, 2, 'softmax')).to.deep.equal({
      predictions: [0],
      confidenceScores: [1],
    });
    expect(classify(Float32Array.of(-1e30, -1e30), 1, 2, 'softmax').confidenceScores).to.deep.equal([0.5]);
  });

  it('takes the lowest of equal classes', () => {
    expect(argmax([1, 3, 3])).to.equal(1);
    expect(argmax([0, -0])).to.equal(0);
    expect(softmaxAt(Float32Array.of(3, 3, 3), 0)).to.be.closeTo(1 / 3, 1e-12);
  });

  it('lets a class be impossible', () => {
    expect(classify(Float32Array.of(-Infinity, 0), 1, 2, 'softmax')).to.deep.equal({
      predictions: [1],
      confidenceScores: [1],
    });
  });

  it('passes probabilities on, and holds them to be such', () => {
    expect(classify(Float32Array.of(0.25, 0.75), 1, 2, 'none').confidenceScores).to.deep.equal([0.75]);
    expect(classify(Float32Array.of(1.0000001, 0), 1, 2, 'none').confidenceScores).to.deep.equal([1]);
    for (const score of [1.5, -0.1]) caught(() => classify(Float32Array.of(score, -1), 1, 2, 'none'), 'ERR_BAD_OUTPUT');
  });

  const broken = [
    [NaN, 1],
    [1, NaN],
    [NaN, NaN],
    [Infinity, 1],
    [-Infinity, -Infinity],
  ];
  for (const scores of broken) {
    it(`refuses the scores ${scores.join(', ')}`, () => {
      for (const activation of ['softmax', 'none'] as const) {
        caught(() => classify(Float32Array.of(0, 1, ...scores), 2, 2, activation), 'ERR_BAD_OUTPUT');
      }
    });
  }
});

describe('classifier', () => {
  const input = { name: 'x', dtype: 'float32', shape: [null, 2, 3] };
  const served = (record: unknown, output?: unknown) =>
    ({
      name: 'm',
      version: 'v1',
      record: record as ModelRecord,
      execute: (method: string, args: [Tensor]) => {
        expect(method).to.equal('forward');
        expect(args[0].shape).to.deep.equal([2, 2, 3]);
        return Promise.resolve({ value: output, timings: { queueMs: 5, runMs: 0.5 } });
      },
    }) as unknown as ServedModel;
  const record = (inputs: unknown[] = [input]) => ({
    task: { type: 'classification', activation: 'softmax', labels: ['a', 'b'] },
    signature: { inputs, outputs: [] },
  });

  it('shapes rows for the model and reads its scores', async () => {
    const model = classifier(served(record(), new Tensor('float32', Float32Array.of(0, 5, 5, 0), [2, 2])));
    expect(model).to.include({ features: 6, range: undefined });
    const { predictions, inferenceTimeMs } = await model.predict(new Float32Array(12), 2);
    expect(predictions).to.deep.equal([1, 0]);
    expect(inferenceTimeMs).to.equal(0.5);
  });

  it('refuses other outputs', async () => {
    const others = [
      new Tensor('float32', new Float32Array(6), [2, 3]),
      new Tensor('float64', new Float64Array(4), [2, 2]),
      [new Tensor('float32', new Float32Array(4), [2, 2])],
      null,
    ];
    for (const output of others) {
      const error = await rejection(classifier(served(record(), output)).predict(new Float32Array(12), 2));
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
    for (const other of others) caught(() => classifier(served(other)), 'ERR_TASK');
  });
});
