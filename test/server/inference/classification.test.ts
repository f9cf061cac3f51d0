import { expect } from 'chai';
import { Tensor, type DType } from '#dist/index.js';
import { classified } from '#dist/server/inference/classification.js';
import { float32ToBFloat16, float32ToFloat16 } from '#dist/tensor/float16.js';
import { rejection } from '../../support/errors.js';

const content = (dtype: DType, data: Tensor['data'], shape: number[]) => ({
  name: 'scores',
  content: new Tensor(dtype, data, shape),
});

/** Turns of the event loop that others have while the work goes on. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let count = 0;
  let isDone = false;
  const next = (): void => {
    count++;
    if (!isDone) setImmediate(next);
  };
  setImmediate(next);
  await work;
  isDone = true;
  return count;
}

describe('the classification extension', () => {
  const noise = (i: number): number => ((i * 7919) % 104_729) % 1009;

  it('finds the best of each dtype, equal ones by their index', async () => {
    const numbers = Array.from({ length: 2 * 500 }, (_, i) => noise(i) % 97);
    const kinds: [DType, Tensor['data']][] = [
      ['float32', Float32Array.from(numbers)],
      ['float64', Float64Array.from(numbers)],
      ['float16', float32ToFloat16(Float32Array.from(numbers))],
      ['bfloat16', float32ToBFloat16(Float32Array.from(numbers))],
      ['int64', BigInt64Array.from(numbers.map(BigInt))],
      ['int32', Int32Array.from(numbers)],
      ['uint8', Uint8Array.from(numbers)],
    ];
    for (const [dtype, data] of kinds) {
      for (const most of [1, 7, 499, 500, 1000]) {
        const { shape, data: texts } = await classified(content(dtype, data, [2, 500]), most);
        const wanted = [0, 1].flatMap((row) => {
          const own = numbers.slice(row * 500, (row + 1) * 500);
          const order = own.map((_, i) => i).sort((a, b) => (own[b] as number) - (own[a] as number) || a - b);
          return order.slice(0, most).map((i) => `${own[i]}${dtype.includes('float') ? '.000000' : ''}:${i}`);
        });
        expect(shape, dtype).to.deep.equal([2, Math.min(500, most)]);
        expect(texts, `${dtype} ${most}`).to.deep.equal(wanted);
      }
    }
  });

  it('puts NaN behind every number, and infinities where they belong', async () => {
    const data = Float32Array.of(NaN, -Infinity, 1, NaN, Infinity, -1);
    expect((await classified(content('float32', data, [6]), 6)).data).to.deep.equal([
      ...['inf:4', '1.000000:2', '-1.000000:5', '-inf:1', 'nan:0', 'nan:3'],
    ]);
    expect((await classified(content('float32', data, [6]), 2)).data).to.deep.equal(['inf:4', '1.000000:2']);
  });

  it('lets others have their turn, whatever the order of a large output', async () => {
    const size = 2 ** 19;
    for (const data of [
      Float32Array.from({ length: size }, (_, i) => i),
      new Float32Array(size).map((_, i) => noise(i)),
    ]) {
      let texts: readonly string[] = [];
      const work = classified(content('float32', data, [1, size]), 20_000).then((found) => (texts = found.data));
      // 8 for the numbers, and 2 for the texts; none if it ran through.
      expect(await turnsDuring(work)).to.be.above(6);
      expect(texts).to.have.length(20_000);
    }
    expect(await turnsDuring(classified(content('int64', new BigInt64Array(size), [2 ** 17, 4]), 1))).to.be.above(10);
  });

  it('refuses more texts than an answer may have, and has none for rows of nothing', async () => {
    const large = content('uint8', new Uint8Array(2 ** 20), [1, 2 ** 20]);
    const { message } = await rejection(() => classified(large, 2 ** 20), 'ERR_OUT_OF_RANGE');
    expect(message).to.match(/at most 262144 classes over all rows but received 1048576 of scores/);
    await rejection(() => classified(content('uint8', new Uint8Array(2 ** 19), [2 ** 19, 1]), 1), 'ERR_OUT_OF_RANGE');
    const none = await classified(content('float32', new Float32Array(0), [2 ** 31, 0]), 3);
    expect(none).to.deep.equal({ shape: [2 ** 31, 0], data: [] });
  });
});
