import { expect } from 'chai';
import { Tensor, type DType, type TensorSpec } from 'node-libtorch';
import { schemaBinder } from '#dist/signature/bind.js';
import { rangeHint, shapeHint } from '#dist/signature/hints.js';
import { rejection } from '../support/errors.js';

const picture: TensorSpec = { name: 'x', dtype: 'float32', shape: [null, 3, 8, 8], range: [0, 1] };
const row: TensorSpec = { name: 'x', dtype: 'float32', shape: [null, 4] };

/** The error of a call with one tensor. */
async function refusal(spec: TensorSpec, tensor: Tensor, code: string) {
  const binder = schemaBinder({ args: [{ name: spec.name, type: 'Tensor', hasDefault: false }] }, { inputs: [spec], outputs: [] });
  return rejection(() => binder.bind([tensor]), code);
} // prettier-ignore

describe('hints of a signature', () => {
  const shapes: [string, TensorSpec, number[], RegExp][] = [
    ['a row without its batch', row, [4], /batch dimension is missing.*\[1, 4\]/],
    ['a picture without its batch', picture, [3, 8, 8], /batch dimension is missing.*\[1, 3, 8, 8\]/],
    ['channels last', picture, [2, 8, 8, 3], /NHWC.*\[2, 3, 8, 8\]/],
    ['channels last, without the batch', picture, [8, 8, 3], /HWC.*\[1, 3, 8, 8\]/],
    ['channels first', { ...picture, shape: [null, 8, 8, 3] }, [2, 3, 8, 8], /NCHW.*\[2, 8, 8, 3\]/],
    ['a batch that the model does not take', { ...row, shape: [4] }, [1, 4], /no batch dimension.*\[4\]/],
  ];
  for (const [what, spec, shape, hint] of shapes) {
    it(`shape: ${what}`, async () => {
      const error = await refusal(spec, Tensor.zeros(shape), 'ERR_INVALID_SHAPE');
      expect(error.hint).to.match(hint);
      expect(error.message.split('\n')).to.deep.equal([error.message.split('\n')[0], `  hint: ${error.hint}`]);
    });
  }

  const dtypes: [DType, DType, RegExp][] = [
    ['int64', 'float32', /integers.*Tensor\.from\(ids, 'int64'\)/],
    ['int32', 'float64', /integers.*'int32'/],
    ['float32', 'int64', /real numbers.*'float32'/],
    ['float32', 'uint8', /real numbers.*'float32'/],
    ['float32', 'float64', /Float32Array/],
  ];
  for (const [wanted, given, hint] of dtypes) {
    it(`dtype: ${given} for ${wanted}`, async () => {
      const tensor = Tensor.zeros([1, 4], given);
      expect((await refusal({ ...row, dtype: wanted }, tensor, 'ERR_INVALID_DTYPE')).hint).to.match(hint);
    });
  }

  it('range: pixels from 0 to 255, and never a value', async () => {
    const bytes = new Tensor('float32', Float32Array.from({ length: 192 }, (_, i) => i), [1, 3, 8, 8]);
    const error = await refusal(picture, bytes, 'ERR_OUT_OF_RANGE');
    expect(error.hint).to.match(/0 to 255.*divide by 255$/);
    expect(error.message).not.to.match(/191/);
    const signed = await refusal({ ...picture, range: [-1, 1] }, bytes, 'ERR_OUT_OF_RANGE');
    expect(signed.hint).to.match(/divide by 127\.5/);
  }); // prettier-ignore

  it('range: says nothing of pixels to classes, counts and short rows', async () => {
    const others: [string, number[], number[]][] = [
      ['one-hot of a class', [2, 0, 1], [1, 3]],
      ['a row with a large number', [200, 0, 1, 3], [1, 4]],
      ['counts', Array.from({ length: 192 }, (_, i) => i % 9), [1, 192]],
      ['counts of rank 4', Array.from({ length: 192 }, (_, i) => i % 9), [1, 3, 8, 8]],
    ];
    for (const [what, values, shape] of others) {
      const spec: TensorSpec = { name: 'x', dtype: 'float32', shape: null, range: [0, 1] };
      const error = await refusal(spec, new Tensor('float32', Float32Array.from(values), shape), 'ERR_OUT_OF_RANGE');
      expect(error.hint, what).to.equal(undefined);
    }
    const flat = Tensor.from(Float32Array.from({ length: 784 }, (_, i) => i % 256)).reshape([1, 784]);
    const spec: TensorSpec = { name: 'x', dtype: 'float32', shape: [null, 784], range: [0, 1] };
    expect((await refusal(spec, flat, 'ERR_OUT_OF_RANGE')).hint).to.match(/divide by 255$/);
  });

  it('range: looks at a few thousand elements of a large tensor, spread over all of it', () => {
    const data = new Float32Array(4096 * 15).fill(255);
    let looks = 0;
    const places: number[] = [];
    const hint = rangeHint([0, 1], { data, shape: [1, 128, 160, 3] }, (element) => {
      looks += 1;
      places.push(element);
      return data[element] as number;
    });
    expect(hint).to.match(/divide by 255$/);
    expect(looks).to.be.within(1000, 5000);
    expect(places.at(-1)).to.be.above(data.length * 0.99);
    expect(new Set(places.map((place) => place % 3))).to.have.property('size', 3);
  });

  it('says nothing that is not proven', async () => {
    expect(shapeHint(row, [5])).to.equal(undefined);
    expect(shapeHint(picture, [2, 8, 9, 3])).to.equal(undefined);
    const others = [[0, 300, 0, 0], [0.5, 254, 0, 0], [-3, 254, 0, 0]]; // prettier-ignore
    for (const values of others) {
      const spec: TensorSpec = { ...row, range: [0, 1] };
      expect((await refusal(spec, Tensor.from([values]), 'ERR_OUT_OF_RANGE')).hint).to.equal(undefined);
    }
    const degrees: TensorSpec = { ...row, range: [0, 90] };
    expect((await refusal(degrees, Tensor.from([[0, 100, 0, 0]]), 'ERR_OUT_OF_RANGE')).hint).to.equal(undefined);
    const bool = Tensor.zeros([1, 4], 'bool');
    expect((await refusal(row, bool, 'ERR_INVALID_DTYPE')).hint).to.equal(undefined);
  });
});
