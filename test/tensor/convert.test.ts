import { expect } from 'chai';
import { bfloat16ToFloat32, float16ToFloat32, float32ToBFloat16, float32ToFloat16, Tensor } from 'node-libtorch';
import { decodeBFloat16, decodeFloat16, encodeBFloat16, encodeFloat16 } from '#dist/tensor/float16.js';
import { rejection } from '../support/errors.js';

const everyBits = Uint16Array.from({ length: 65536 }, (_, i) => i);

describe('conversion of arrays', () => {
  for (const { name, up, down, decode, encode } of [
    { name: 'float16', up: float16ToFloat32, down: float32ToFloat16, decode: decodeFloat16, encode: encodeFloat16 },
    {
      name: 'bfloat16',
      up: bfloat16ToFloat32,
      down: float32ToBFloat16,
      decode: decodeBFloat16,
      encode: encodeBFloat16,
    },
  ]) {
    it(`${name} to float32 is exact for all 65,536 patterns, and back`, () => {
      const values = up(everyBits);
      expect(values).to.be.instanceOf(Float32Array).with.length(65536);
      for (const bits of everyBits) {
        if (!Object.is(values[bits], decode(bits))) expect.fail(`${bits} gave ${values[bits]}`);
      }
      const back = down(values);
      for (const bits of everyBits) {
        if (back[bits] !== encode(values[bits] as number)) expect.fail(`${values[bits]} gave ${back[bits]}`);
      }
    });

    it(`${name} rounds to nearest, ties to even, from plain arrays too`, () => {
      const numbers = [1, 1 + 2 ** -12, 1 + 2 ** -8, -0, 1e9, NaN, Infinity];
      expect([...down(numbers)]).to.deep.equal(numbers.map(encode));
      expect([...down(Float64Array.from(numbers))]).to.deep.equal(numbers.map(encode));
    });

    it(`${name} takes nothing else`, async () => {
      for (const wrong of [null, 'text', new Float32Array(1), 1])
        await rejection(() => up(wrong as never), 'ERR_INVALID_ARGUMENT');
      for (const wrong of [null, 'text', new Uint16Array(1), 1])
        await rejection(() => down(wrong as never), 'ERR_INVALID_ARGUMENT');
    });
  }

  it('of a tensor makes a float32 one in memory of its own, whatever it was', () => {
    const cases: [Tensor, number[]][] = [
      [Tensor.from([1.5, -2], 'float16'), [1.5, -2]],
      [Tensor.from([1.5, -2], 'bfloat16'), [1.5, -2]],
      [Tensor.from([0.1], 'float32'), [Math.fround(0.1)]],
      [Tensor.from([0.1], 'float64'), [Math.fround(0.1)]],
      [Tensor.from([true, false]), [1, 0]],
      [new Tensor('bool', Uint8Array.of(2, 255, 0), [3]), [1, 1, 0]],
      [Tensor.from([-128, 127], 'int8'), [-128, 127]],
      [Tensor.from([2n ** 53n, -1n]), [2 ** 53, -1]],
      [Tensor.from([2n ** 64n - 1n], 'uint64'), [2 ** 64]],
      [new Tensor('float16', new Uint16Array(0), [0, 3]), []],
    ];
    for (const [tensor, numbers] of cases) {
      const converted = tensor.toFloat32();
      expect(converted).to.deep.include({ dtype: 'float32', shape: tensor.shape });
      expect([...converted.data]).to.deep.equal(numbers);
      expect(converted.data.buffer).not.to.equal(tensor.data.buffer);
    }
    expect(Tensor.from(3, 'bfloat16').toFloat32().toArray()).to.equal(3);
  });
});
