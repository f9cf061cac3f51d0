import { expect } from 'chai';
import { Tensor, type Arguments, type DType, type Signature } from 'node-libtorch';
import { dtypeTable, type TensorData } from '#dist/tensor/dtype.js';
import { encodeBFloat16, encodeFloat16 } from '#dist/tensor/float16.js';
import { schemaBinder } from '#dist/signature/bind.js';
import { checkRange } from '#dist/signature/range.js';
import { rejection } from '../support/errors.js';

/** A binder of a method that has the signature's inputs as its arguments. */
function binderOf(signature: Signature) {
  const args = signature.inputs.map(({ name, optional = false }) => ({ name, type: 'Tensor', hasDefault: optional }));
  return schemaBinder({ args }, signature);
}

function checkedArguments(signature: Signature, args: Arguments) {
  return binderOf(signature).bind(args);
}

function checkTensor(spec: Signature['inputs'][number], tensor: Tensor) {
  checkedArguments({ inputs: [spec], outputs: [] }, [tensor]);
}

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
    ['too few', 'ERR_INVALID_INPUT', /ids, mask but received 1 argument$/, [ids]],
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

  describe('what is left open', () => {
    const x = new Tensor('float32', new Float32Array(6), [2, 3]);
    const flat = new Tensor('bool', new Uint8Array(2), [2]);
    const open: Signature = {
      inputs: [
        { name: 'x', dtype: null, shape: null },
        { name: 'rate', dtype: null, shape: null, type: 'int' },
        { name: 'mask', dtype: 'bool', shape: [null, null, 2], type: 'Optional[Tensor]', optional: true },
        { name: 'bias', dtype: null, shape: null, optional: true },
      ],
      outputs: [],
    };
    const checkOpen = (args: unknown) => checkedArguments(open, args as Arguments);

    it('takes any tensor, and leaves what is no tensor to the engine', () => {
      expect(checkOpen([x, 5])).to.deep.equal([x, 5]);
      expect(checkOpen([x, 5, null])).to.deep.equal([x, 5, null]);
      expect(checkOpen({ rate: 'x', x: mask })).to.deep.equal([mask, 'x']);
      expect(checkOpen({ rate: 5, x, bias: ids })).to.deep.equal([x, 5, undefined, ids]);
      expect(checkOpen({ rate: 5, x, mask })).to.deep.equal([x, 5, mask]);
    });

    const refused: [string, string, RegExp, unknown][] = [
      ['no tensor for one', 'ERR_INVALID_INPUT', /a tensor for x but received 1/, [1, 5]],
      ['too few', 'ERR_INVALID_INPUT', /x, rate, mask \(optional\), bias \(optional\) but received 1 argument$/, [x]],
      ['too many', 'ERR_INVALID_INPUT', /received 5/, [x, 5, mask, x, x]],
      ['a missing name', 'ERR_INVALID_INPUT', /"rate" is missing/, { x, mask }],
      ['a tensor of another shape for what may be one', 'ERR_INVALID_SHAPE', /for mask/, [x, 5, flat]],
      ['a tensor of another dtype for what may be one', 'ERR_INVALID_DTYPE', /bool for mask/, [x, 5, x]],
    ];
    for (const [what, code, why, args] of refused) {
      it(`refuses ${what} with ${code}`, async () => {
        expect((await rejection(() => checkOpen(args), code)).message).to.match(why);
      });
    }
  });

  describe('dimensions', () => {
    const named: Signature = {
      inputs: [
        {
          name: 'ids',
          dtype: 'int64',
          shape: [null, null],
          symbols: ['batch', 'length'],
          bounds: [{ min: 1, max: 4 }, null],
        },
        { name: 'mask', dtype: 'int64', shape: [null, null, 2], symbols: ['batch', 'length', null] },
      ],
      outputs: [],
    };
    const zeros = (...shape: number[]) =>
      new Tensor('int64', new BigInt64Array(shape.reduce((product, size) => product * size, 1)), shape);
    const checkNamed = (...args: Tensor[]) => checkedArguments(named, args);

    it('keep to their bounds, both included', async () => {
      for (const rows of [1, 4]) checkNamed(zeros(rows, 3), zeros(rows, 3, 2));
      for (const rows of [0, 5]) {
        const error = await rejection(() => checkNamed(zeros(rows, 3), zeros(rows, 3, 2)), 'ERR_INVALID_SHAPE');
        expect(error.message).to.include(`[batch 1..4, length] for ids but received [${rows}, 3]`);
      }
    });

    it('of one name have one size', async () => {
      const error = await rejection(() => checkNamed(zeros(2, 3), zeros(2, 4, 2)), 'ERR_INVALID_SHAPE');
      expect(error.message).to.match(/called length but received 3 in ids and 4 in mask/);
      await rejection(() => checkNamed(zeros(2, 3), zeros(1, 3, 2)), 'ERR_INVALID_SHAPE');
    });
  });

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

    it('refuses an infinity whatever the range, also one that the dtype has made of a number', async () => {
      const beyond: [DType, TensorData, [number, number]][] = [
        ['float32', Float32Array.of(1, Infinity), [0, 1e39]],
        ['float32', Float32Array.of(1, Infinity), [0, Infinity]],
        ['float32', new Float32Array(100).fill(Infinity), [0, 1e39]],
        ['float32', Float32Array.of(-Infinity), [-1e39, 1e39]],
        ['float16', Uint16Array.of(encodeFloat16(Infinity)), [-70000, 70000]],
        ['bfloat16', Uint16Array.of(encodeBFloat16(Infinity)), [0, 1e39]],
        ['float64', Float64Array.of(Infinity), [0, Infinity]],
      ];
      for (const [dtype, data, range] of beyond) await rejection(() => inRange(dtype, data, range), 'ERR_NOT_FINITE');
      inRange('float32', Float32Array.of(3.4028234663852886e38), [0, 1e39]);
      inRange('float16', Uint16Array.of(encodeFloat16(65504)), [0, 70000]);
      const tensor = (value: number) => new Tensor('float32', Float32Array.of(value), [1]);
      await rejection(() => checkRange('x', [0, 1e308], tensor(1e300), [1e300, 1e300]), 'ERR_NOT_FINITE');
      // A little above the greatest float, which it is rounded to.
      checkRange('x', [0, 1e308], tensor(3.4028235e38), [3.4028235e38, 3.4028235e38]);
    });

    it('holds long rows of float32, which are looked at by their bits, as it holds short ones', async () => {
      const beside = (value: number, step: number): number => {
        const bits = new Int32Array(new Float32Array([value]).buffer);
        bits[0] = (bits[0] as number) + step;
        return new Float32Array(bits.buffer)[0] as number;
      };
      const ofBits = (bits: number): number => new Float32Array(new Uint32Array([bits]).buffer)[0] as number;
      const ranges: [number, number][] = [
        [0, 1],
        [-0, 1],
        [0.25, 0.5],
        [ofBits(1), 1],
        [ofBits(1000), ofBits(2000)],
        [0, Infinity],
        [0, 0],
        [-1, 1],
        [-2, -1],
      ];
      for (const range of ranges) {
        const [min, max] = range;
        const middle = max === Infinity ? 7 : (min + max) / 2;
        const greatest = max === Infinity ? 3.4028234663852886e38 : max;
        const good = [min, greatest, middle, ...(min <= 0 && max >= 0 ? [0, -0] : [])];
        const bad = [
          -3,
          NaN,
          -NaN,
          -Infinity,
          Infinity,
          ...(max === Infinity ? [] : [3, beside(max, max < 0 ? -1 : 1)]),
        ];
        if (min > 0) bad.push(beside(min, -1), 0, -0);
        for (const length of [64, 65, 66, 67, 784]) {
          for (const place of [0, 1, 2, 3, 63, length - 1]) {
            const row = (value: number): Float32Array =>
              new Float32Array(length).fill(middle).fill(value, place, place + 1);
            for (const value of good) inRange('float32', row(value), range);
            for (const value of bad) {
              const wanted = Number.isFinite(value) ? 'ERR_OUT_OF_RANGE' : 'ERR_NOT_FINITE';
              const { faults } = await rejection(() => {
                inRange('float32', row(value), range);
              }, wanted);
              expect(faults?.[0]).to.have.property('element', place);
            }
          }
        }
      }
    });

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
