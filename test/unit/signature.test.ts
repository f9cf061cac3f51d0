import { expect } from 'chai';
import { Tensor, type Arguments, type DType, type Signature } from 'node-libtorch';
import { dtypeTable, type TensorData } from '#dist/runtime/dtype.js';
import { encodeBFloat16, encodeFloat16 } from '#dist/runtime/half.js';
import { checkedArguments, checkTensor } from '#dist/runtime/signature.js';
import { rejection } from '../support/errors.js';

const signature: Signature = {
  inputs: [
    { name: 'ids', dtype: 'int64', shape: [null, 3] },
    { name: 'mask', dtype: 'bool', shape: [null, null, 2] },
  ],
  outputs: [],
};
const ids = new Tensor('int64', new BigInt64Array(3), [1, 3]);
const mask = new Tensor('bool', new Uint8Array(4), [2, 1, 2]);
const check = (args: unknown) => checkedArguments(signature, args as Arguments);

describe('signature', () => {
  it('puts named arguments into its own order, and leaves positional ones', () => {
    expect(check({ mask, ids })).to.deep.equal([ids, mask]);
    expect(check([ids, mask])).to.deep.equal([ids, mask]);
    expect(check(Object.assign(Object.create(null) as object, { ids, mask }))).to.deep.equal([ids, mask]);
    expect(checkedArguments({ inputs: [], outputs: [] }, {})).to.deep.equal([]);
  });

  const wrong: [string, string, RegExp, unknown][] = [
    ['too few', 'ERR_INVALID_INPUT', /ids, mask but received 1/, [ids]],
    ['too many', 'ERR_INVALID_INPUT', /received 3/, [ids, mask, mask]],
    ['a missing name', 'ERR_INVALID_INPUT', /"mask" is missing/, { ids }],
    ['an object with an inherited name', 'ERR_INVALID_INPUT', /plain object/, { ids, __proto__: { mask } }],
    ['an extra name', 'ERR_INVALID_INPUT', /"x" too/, { ids, mask, x: 1 }],
    ['a tensor instead of arguments', 'ERR_INVALID_INPUT', /instance of Tensor/, ids],
    ['a Map', 'ERR_INVALID_INPUT', /instance of Map/, new Map([['ids', ids]])],
    ['null', 'ERR_INVALID_INPUT', /null/, null],
    ['undefined', 'ERR_INVALID_INPUT', /undefined/, undefined],
    ['a string', 'ERR_INVALID_INPUT', /"ids"/, 'ids'],
    ['a name only Object.prototype has', 'ERR_INVALID_INPUT', /"toString" too/, { ids, mask, toString: 1 }],
    ['a number for a tensor', 'ERR_INVALID_INPUT', /int64 tensor for ids but received 5/, [5, mask]],
    [
      'what looks like a tensor',
      'ERR_INVALID_INPUT',
      /an object/,
      [{ dtype: ids.dtype, shape: ids.shape, data: ids.data }, mask],
    ],
    ['a hole', 'ERR_INVALID_INPUT', /undefined/, [, mask]], // eslint-disable-line no-sparse-arrays
    [
      'another dtype',
      'ERR_INVALID_DTYPE',
      /int64 for ids but received int32/,
      [new Tensor('int32', new Int32Array(3), [1, 3]), mask],
    ],
    [
      'another width',
      'ERR_INVALID_SHAPE',
      /\[\?, 3\] for ids but received \[1, 2\]/,
      [new Tensor('int64', new BigInt64Array(2), [1, 2]), mask],
    ],
    ['a rank too many', 'ERR_INVALID_SHAPE', /for ids/, [new Tensor('int64', new BigInt64Array(3), [1, 3, 1]), mask]],
    [
      'another rank',
      'ERR_INVALID_SHAPE',
      /\[\?, \?, 2\] for mask/,
      [ids, new Tensor('bool', new Uint8Array(2), [1, 2])],
    ],
  ];
  for (const [what, code, why, args] of wrong) {
    it(`refuses ${what} with ${code}`, async () => {
      expect((await rejection(() => check(args), code)).message).to.match(why);
    });
  }

  describe('range', () => {
    const inRange = (dtype: DType, data: TensorData, range: [number, number]) => {
      checkTensor({ name: 'x', dtype, shape: [null], range }, new Tensor(dtype, data, [data.length]));
    };
    const encoders: [DType, (value: number) => number, new (values: number[]) => TensorData][] = [
      ['float32', (value) => value, Float32Array],
      ['float64', (value) => value, Float64Array],
      ['float16', encodeFloat16, Uint16Array],
      ['bfloat16', encodeBFloat16, Uint16Array],
    ];
    for (const [dtype, encode, array] of encoders) {
      it(`holds ${dtype}, every element, bounds included`, async () => {
        const data = (...values: number[]): TensorData => new array(values.map(encode));
        inRange(dtype, data(0, -0, 0.5, 1), [0, 1]);
        inRange(dtype, data(0.1, 0.7), [0.1, 0.7]); // neither bound is exact in any of them
        inRange(dtype, data(), [0, 1]);
        await rejection(() => {
          inRange(dtype, data(0, 1.5), [0, 1]);
        }, 'ERR_OUT_OF_RANGE');
        await rejection(() => {
          inRange(dtype, data(-0.5, 0), [0, 1]);
        }, 'ERR_OUT_OF_RANGE');
        for (const value of [NaN, Infinity, -Infinity]) {
          await rejection(() => {
            inRange(dtype, data(0, 0, value), [0, 1]);
          }, 'ERR_NOT_FINITE');
        }
      });
    }

    it('holds integers of 8 and of 64 bits', async () => {
      inRange('int8', new Int8Array([-5, 5]), [-5, 5]);
      await rejection(() => {
        inRange('int8', new Int8Array([6]), [-5, 5]);
      }, 'ERR_OUT_OF_RANGE');
      inRange('uint64', new BigUint64Array([5n]), [0, 5]);
      const beyond = new BigUint64Array([2n ** 64n - 1n]);
      await rejection(() => {
        inRange('uint64', beyond, [0, 5]);
      }, 'ERR_OUT_OF_RANGE');
      inRange('uint64', beyond, [0, Infinity]);
    });

    it('tells where, and never what: values are personal data', async () => {
      const error = await rejection(() => {
        inRange('float32', new Float32Array([0, 123.25]), [0, 1]);
      }, 'ERR_OUT_OF_RANGE');
      expect(error.message)
        .to.match(/element 1/)
        .and.to.match(/\[0, 1\]/)
        .and.not.match(/123/);
    });

    it('asks nothing without a range', () => {
      expect(dtypeTable.float32.kind).to.equal('float');
      checkTensor({ name: 'x', dtype: 'float32', shape: [1] }, new Tensor('float32', new Float32Array([NaN]), [1]));
    });
  });
});
