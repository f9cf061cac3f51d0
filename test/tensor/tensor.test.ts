import { expect } from 'chai';
import { Tensor, type DType, type Nested, type TensorDataLike } from 'node-libtorch';
import { dtypes, dtypeTable, type TensorData } from '#dist/tensor/dtype.js';
import { rejection } from '../support/errors.js';
import { detach, resizable } from '../support/memory.js';

const arrays = [
  ...[Float32Array, Float64Array, Uint16Array, Int8Array, Uint8Array, Int16Array, Int32Array, Uint32Array],
  ...[BigInt64Array, BigUint64Array, Uint8ClampedArray],
];
const make = (dtype: DType, elements: number): TensorData => new dtypeTable[dtype].array(elements);
const build = (dtype: unknown, data: unknown, shape: unknown): Tensor =>
  new Tensor(dtype as DType, data as TensorDataLike, shape as number[]);
const refuse = (code: string, dtype: unknown, data: unknown, shape: unknown) =>
  rejection(() => build(dtype, data, shape), code);

describe('Tensor', () => {
  describe('dtype and data', () => {
    for (const dtype of dtypes) {
      const right = dtypeTable[dtype].array;
      it(`${dtype} takes a ${right.name} and nothing else`, async () => {
        for (const array of arrays) {
          if (array === right) expect(build(dtype, new array(2), [2]).data).to.be.instanceOf(right);
          else await refuse('ERR_INVALID_ARGUMENT', dtype, new array(2), [2]);
        }
        for (const data of [[0, 0], undefined, null, 'ab', new ArrayBuffer(16), new DataView(new ArrayBuffer(16))]) {
          await refuse('ERR_INVALID_ARGUMENT', dtype, data, [2]);
        }
      });
    }

    it('refuses an unknown dtype, an inherited name too', async () => {
      for (const dtype of ['float', 'Float32', '', 'toString', '__proto__', undefined, null, 5, ['float32']]) {
        await refuse('ERR_INVALID_DTYPE', dtype, new Float32Array(1), [1]);
      }
    });

    it('takes a Buffer for uint8 and a Float16Array, where there is one, for float16 alone', async () => {
      expect(new Tensor('uint8', Buffer.from([1, 2]), [2]).toArray()).to.deep.equal([1, 2]);
      const Float16 = (globalThis as { Float16Array?: new (from: number[]) => ArrayBufferView }).Float16Array;
      if (!Float16) return;
      const tensor = new Tensor('float16', new Float16([1.5, -2]), [2]);
      expect(tensor.data).to.deep.equal(new Uint16Array([0x3e00, 0xc000]));
      await refuse('ERR_INVALID_ARGUMENT', 'bfloat16', new Float16([1]), [1]);
    });

    it('does not copy, and cannot be changed itself', () => {
      const data = new Float32Array(2);
      const shape = [2];
      const tensor = new Tensor('float32', data, shape);
      shape[0] = 100;
      expect(tensor.data).to.equal(data);
      expect(tensor.shape).to.deep.equal([2]);
      expect(tensor.size).to.equal(2);
      expect(Object.isFrozen(tensor) && Object.isFrozen(tensor.shape)).to.equal(true);
    });
  });

  describe('shape', () => {
    const one = new Float32Array(1);
    const wrong: [string, string, unknown][] = [
      ['a negative dimension', 'ERR_INVALID_SHAPE', [-1]],
      ['two negative ones, whose product fits', 'ERR_INVALID_SHAPE', [-1, -1]],
      ['a fraction', 'ERR_INVALID_SHAPE', [0.5, 2]],
      ['NaN', 'ERR_INVALID_SHAPE', [NaN]],
      ['Infinity', 'ERR_INVALID_SHAPE', [Infinity]],
      ['2^53', 'ERR_INVALID_SHAPE', [2 ** 53]],
      ['2^53 + 2', 'ERR_INVALID_SHAPE', [2 ** 53 + 2]],
      ['a product that overflows to infinity', 'ERR_INVALID_SHAPE', Array<number>(32).fill(2 ** 52)],
      ['a product that a 64-bit integer wraps to 1', 'ERR_INVALID_SHAPE', [2 ** 32, 2 ** 32, 1]],
      ['33 dimensions', 'ERR_INVALID_SHAPE', Array<number>(33).fill(1)],
      ['a string', 'ERR_INVALID_SHAPE', ['1']],
      ['a bigint', 'ERR_INVALID_SHAPE', [1n]],
      ['null', 'ERR_INVALID_SHAPE', [null]],
      ['a hole', 'ERR_INVALID_SHAPE', new Array(1)],
      ['no array', 'ERR_INVALID_ARGUMENT', 1],
      ['nothing', 'ERR_INVALID_ARGUMENT', undefined],
      ['a typed array', 'ERR_INVALID_ARGUMENT', new Int32Array([1])],
    ];
    for (const [what, code, shape] of wrong) {
      it(`refuses ${what}`, () => refuse(code, 'float32', one, shape));
    }

    it('refuses what overflows as such, behind a zero too: LibTorch multiplies the rest for the strides', async () => {
      for (const [data, shape] of [
        [one, [2 ** 32, 2 ** 32]],
        [new Float32Array(), [0, 2 ** 52, 2 ** 52]],
      ] as const) {
        expect((await refuse('ERR_INVALID_SHAPE', 'float32', data, shape)).message).to.match(/fewer than 2\^53/);
      }
    });

    it('takes rank 0, rank 32 and no elements', () => {
      expect(new Tensor('float32', one, []).toArray()).to.equal(0);
      expect(new Tensor('float32', one, Array<number>(32).fill(1)).shape).to.have.length(32);
      for (const shape of [[0], [0, 3], [3, 0], [2, 0, 4]]) {
        expect(new Tensor('float32', new Float32Array(), shape).size).to.equal(0);
      }
      expect(new Tensor('float32', new Float32Array(), [2, 0]).toArray()).to.deep.equal([[], []]);
    });

    for (const dtype of dtypes) {
      it(`needs as many ${dtype} elements as the shape says`, async () => {
        for (const count of [0, 5, 7, 12]) await refuse('ERR_INVALID_SHAPE', dtype, make(dtype, count), [2, 3]);
        expect(build(dtype, make(dtype, 6), [2, 3]).size).to.equal(6);
      });
    }

    it('says what it expected and what came', async () => {
      const error = await refuse('ERR_INVALID_SHAPE', 'float32', new Float32Array(5), [2, 3]);
      expect(error.message).to.equal('Expected 6 elements for shape [2, 3] but received 5');
    });
  });

  describe('memory', () => {
    it('refuses a detached buffer by name', async () => {
      const data = new Float32Array(4);
      detach(data.buffer);
      expect((await refuse('ERR_INVALID_SHAPE', 'float32', data, [4])).message).to.match(/a detached buffer/);
      // Those of which a view is made.
      for (const bytes of [new Uint8ClampedArray(4), Buffer.from(new ArrayBuffer(4))]) {
        detach(bytes.buffer);
        const made = await rejection(() => Tensor.from(bytes), 'ERR_INVALID_SHAPE');
        expect(made.message).to.match(/a detached buffer/);
        if (!Buffer.isBuffer(bytes)) continue;
        for (const shape of [[4], [0]]) await refuse('ERR_INVALID_SHAPE', 'uint8', bytes, shape);
      }
    });

    it('takes a view into a larger buffer as the view it is', () => {
      const all = Float32Array.from([0, 1, 2, 3, 4, 5]);
      expect(new Tensor('float32', all.subarray(2, 5), [3]).toArray()).to.deep.equal([2, 3, 4]);
    });

    it('takes shared and resizable memory, and counts what is there', async () => {
      const shared = new Float32Array(new SharedArrayBuffer(8));
      shared[1] = 7;
      expect(new Tensor('float32', shared, [2]).toArray()).to.deep.equal([0, 7]);
      const buffer = resizable(8, 64);
      const tracking = new Float32Array(buffer);
      const fixed = new Float32Array(buffer, 4, 1);
      expect(new Tensor('float32', tracking, [2]).size).to.equal(2);
      buffer.resize(16);
      expect(new Tensor('float32', tracking, [4]).size).to.equal(4);
      await refuse('ERR_INVALID_SHAPE', 'float32', tracking, [2]);
      buffer.resize(4); // the fixed view now lies outside
      await refuse('ERR_INVALID_SHAPE', 'float32', fixed, [1]);
    });
  });

  describe('from', () => {
    it('takes the dtype from the first element', () => {
      expect(Tensor.from([1, 2])).to.deep.include({ dtype: 'float32', shape: [2] });
      expect(Tensor.from([[1n], [2n]])).to.deep.include({ dtype: 'int64', shape: [2, 1] });
      expect(Tensor.from(true)).to.deep.include({ dtype: 'bool', shape: [] });
      expect(Tensor.from([])).to.deep.include({ dtype: 'float32', shape: [0] });
      expect(Tensor.from([[], []])).to.deep.include({ dtype: 'float32', shape: [2, 0] });
    });

    const wrong: [string, string, unknown, unknown?][] = [
      ['a shorter row', 'ERR_INVALID_SHAPE', [[1, 2], [3]]],
      ['a longer row', 'ERR_INVALID_SHAPE', [[1], [2, 3]]],
      ['a number among rows', 'ERR_INVALID_SHAPE', [[1], 2]],
      ['a row among numbers', 'ERR_INVALID_SHAPE', [1, [2]]],
      ['an empty row among rows', 'ERR_INVALID_SHAPE', [[1], []]],
      ['33 levels', 'ERR_INVALID_SHAPE', JSON.parse('['.repeat(33) + '1' + ']'.repeat(33))],
      ['a string', 'ERR_INVALID_INPUT', ['1']],
      ['null', 'ERR_INVALID_INPUT', null],
      ['undefined', 'ERR_INVALID_INPUT', undefined],
      ['a hole', 'ERR_INVALID_INPUT', [1, , 2]], // eslint-disable-line no-sparse-arrays
      ['an object', 'ERR_INVALID_INPUT', [{}]],
      ['an unknown dtype', 'ERR_INVALID_DTYPE', [1], 'float'],
      ['an inherited name as dtype', 'ERR_INVALID_DTYPE', [1], 'toString'],
      ['a boolean for float32', 'ERR_OUT_OF_RANGE', [true], 'float32'],
      ['a boolean for int32', 'ERR_OUT_OF_RANGE', [true], 'int32'],
      ['2 for bool', 'ERR_OUT_OF_RANGE', [2], 'bool'],
      ['a bigint for bool', 'ERR_OUT_OF_RANGE', [1n], 'bool'],
    ];
    for (const [what, code, nested, dtype] of wrong) {
      it(`refuses ${what} with ${code}`, () => rejection(() => Tensor.from(nested as Nested, dtype as DType), code));
    }

    it('has no way round a cycle', () => {
      const cycle: unknown[] = [];
      cycle.push(cycle);
      return rejection(() => Tensor.from(cycle as Nested), 'ERR_INVALID_SHAPE');
    });

    for (const dtype of dtypes.filter((name) => dtypeTable[name].kind === 'int')) {
      const { min = 0n, max = 0n, bytes } = dtypeTable[dtype];
      it(`holds ${dtype} to ${min} … ${max}`, async () => {
        const bounds = [min, 0n, max];
        const tensor = Tensor.from(bounds, dtype);
        expect(tensor.toArray()).to.deep.equal(bytes === 8 ? bounds : bounds.map(Number));
        for (const beyond of [min - 1n, max + 1n, 2n ** 70n]) {
          await rejection(() => Tensor.from([beyond], dtype), 'ERR_OUT_OF_RANGE');
          if (bytes < 8) await rejection(() => Tensor.from([Number(beyond)], dtype), 'ERR_OUT_OF_RANGE');
        }
        for (const inexact of [0.5, NaN, Infinity, -Infinity, 2 ** 53]) {
          await rejection(() => Tensor.from([inexact], dtype), 'ERR_OUT_OF_RANGE');
        }
      });
    }

    it('names the element that does not fit', async () => {
      const error = await rejection(
        () =>
          Tensor.from(
            [
              [1, 2],
              [3, 300],
            ],
            'uint8',
          ),
        'ERR_OUT_OF_RANGE',
      );
      expect(error.message).to.equal('Expected a uint8 for element 3 but received 300');
    });
  });

  it('names a dtype with its article', async () => {
    const refused = async (make: () => unknown, code = 'ERR_OUT_OF_RANGE'): Promise<string> =>
      (await rejection(make, code)).message;
    expect(await refused(() => Tensor.from([1.5], 'int64'))).to.match(/^Expected an int64 for element 0/);
    expect(await refused(() => Tensor.from([-1], 'uint8'))).to.match(/^Expected a uint8 for element 0/);
    expect(
      await refused(() => new Tensor('int32', new Float32Array(1) as never, [1]), 'ERR_INVALID_ARGUMENT'),
    ).to.match(/^Expected an Int32Array for the data of an int32 tensor/);
  });

  describe('toArray', () => {
    it('gives back what from took, for every dtype', () => {
      for (const dtype of dtypes) {
        const { kind, bytes } = dtypeTable[dtype];
        const leaf = (i: number): number | bigint | boolean =>
          kind === 'bool' ? i % 2 === 1 : kind === 'int' && bytes === 8 ? BigInt(i) : i;
        const nested = [
          [
            [leaf(0), leaf(1)],
            [leaf(2), leaf(3)],
          ],
          [
            [leaf(4), leaf(5)],
            [leaf(6), leaf(7)],
          ],
        ];
        const tensor = Tensor.from(nested, dtype);
        expect(tensor.shape, dtype).to.deep.equal([2, 2, 2]);
        expect(tensor.toArray(), dtype).to.deep.equal(nested);
      }
    });

    const special = [-0, 0, NaN, Infinity, -Infinity];
    const smallest: Partial<Record<DType, number>> = {
      float32: 2 ** -149,
      float64: 2 ** -1074,
      float16: 2 ** -24,
      bfloat16: 2 ** -133,
    };
    for (const [dtype, denormal] of Object.entries(smallest) as [DType, number][]) {
      it(`keeps -0, NaN, the infinities and the least denormal of ${dtype}`, () => {
        const values = [...special, denormal, -denormal];
        const back = Tensor.from(values, dtype).toArray() as number[];
        for (const [i, value] of values.entries()) {
          expect(Object.is(back[i], value), `${back[i]} is ${value}`).to.equal(true);
        }
      });
    }

    it('reads any byte but 0 as true', () => {
      expect(new Tensor('bool', new Uint8Array([0, 1, 2, 255]), [4]).toArray()).to.deep.equal([
        false,
        true,
        true,
        true,
      ]);
    });
  });

  it('reads its shape once: what was checked is what is kept', () => {
    let reads = 0;
    const shape = [1, 0];
    Object.defineProperty(shape, 1, { get: () => (++reads === 1 ? 4 : 1_000_000), enumerable: true });
    const tensor = new Tensor('float32', new Float32Array(4), shape);
    expect(tensor.shape).to.deep.equal([1, 4]);
    expect(reads).to.equal(1);
  });

  it('shares the shapes of other tensors, and none that a caller can change', () => {
    const make = (shape: readonly number[]) => new Tensor('float32', new Float32Array(6), shape);
    const given = [2, 3];
    const first = make(given);
    given[0] = 3;
    given[1] = 2;
    const second = make(given);
    expect([first.shape, second.shape]).to.deep.equal([
      [2, 3],
      [3, 2],
    ]);
    const frozen = Object.freeze([2, 3]);
    expect(make(frozen).shape).to.equal(first.shape).and.not.to.equal(frozen);
    expect(Reflect.set(first.shape, 0, 100)).to.equal(false);
    // More shapes than are remembered, each twice.
    for (let rows = 0; rows < 1000; ++rows) {
      for (const shape of [
        [rows, 1],
        [1, rows],
        [1, rows, 1],
        [rows, 1],
      ]) {
        expect(new Tensor('uint8', new Uint8Array(rows), shape).shape).to.deep.equal(shape);
      }
    }
    const negative = new Tensor('float32', new Float32Array(), [-0, 3]).shape;
    expect(Object.is(negative[0], 0)).to.equal(true);
    expect(Object.is(new Tensor('float32', new Float32Array(), [0, 3]).shape[0], 0)).to.equal(true);
  });

  it('makes no arrays of a detached buffer, nor thousands of millions of empty ones', () => {
    const tensor = new Tensor('float32', new Float32Array(2), [2]);
    structuredClone(tensor.data.buffer, { transfer: [tensor.data.buffer as ArrayBuffer] });
    expect(() => tensor.toArray()).to.throw(/detached/);
    expect(() => new Tensor('float32', new Float32Array(0), [4294967295, 0]).toArray()).to.throw(/empty arrays/);
    expect(new Tensor('float32', new Float32Array(0), [2, 0, 9]).toArray()).to.deep.equal([[], []]);
    expect(new Tensor('float32', new Float32Array(0), [0, 4294967295]).toArray()).to.deep.equal([]);
  });
});
