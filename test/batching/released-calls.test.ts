import { expect } from 'chai';
import { FakeEngine } from '../support/fake-engine.js';
import { Tensor } from '../support/internals.js';
import { turns } from '../support/turn.js';

/** A row of 8 KiB: eight calls fill a chunk of copies, so chunks are used again soon. */
const rowOf = (value: number): Tensor => new Tensor('float32', new Float32Array(2048).fill(value), [1, 2048]);
const isOf = (answer: Tensor, value: number): boolean => answer.data.every((element) => Number(element) === 2 * value);

describe('copies of calls whose memory is used again', () => {
  it('hold each call’s own row until it is done with: batches, retries, aborts and calls in parts', async () => {
    // Some rows fail their batch, whose others run again by themselves while more calls come.
    const engine = new FakeEngine({ instances: 2, isPoison: (first) => first % 41 === 40 });
    const queue = engine.queue({ maxBatchSize: 4, checkRows: 2 }, () => 0.3);
    const wrong: number[] = [];
    let [answered, aborted, failed, parts] = [0, 0, 0, 0];
    const one = async (value: number): Promise<void> => {
      const controller = new AbortController();
      const options = value % 7 === 6 ? { signal: controller.signal } : {};
      const running = queue.run(rowOf(value), options);
      if (value % 7 === 6) {
        if (value % 2 === 0) await turns(1 + (value % 3));
        controller.abort(new Error('gone'));
      }
      try {
        if (!isOf(await running, value)) wrong.push(value);
        answered++;
      } catch {
        if (value % 7 === 6) aborted++;
        else failed++;
      }
    };
    const many = async (value: number): Promise<void> => {
      const data = Float32Array.from({ length: 6 * 256 }, (_, i) => value + Math.floor(i / 256) / 8);
      const { data: answer } = await queue.run(new Tensor('float32', data, [6, 256]));
      if (!answer.every((element, i) => element === 2 * (data[i] as number))) wrong.push(value);
      parts++;
    };
    const all: Promise<void>[] = [];
    for (let begun = 0; begun < 2000; begun += 8) {
      for (let i = 1; i <= 8; i++) all.push(one(begun + i));
      if (begun % 100 === 0) all.push(many(begun * 41 + 1));
      await turns(1); // more come while the failed run again
    }
    await Promise.all(all);
    await queue.close();
    expect(wrong).to.deep.equal([]);
    expect(queue.stats().isolated).to.be.above(20);
    expect([answered > 1500, aborted > 50, failed > 20, parts]).to.deep.equal([true, true, true, 10]);
  });
});
