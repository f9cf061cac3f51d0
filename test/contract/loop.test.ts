import { expect } from 'chai';
import { contract } from './contract.js';

/** The longest time, in milliseconds, that the event loop did not turn while `work` was done, and how long that took. */
async function watch(work: () => Promise<unknown>): Promise<{ longest: number; total: number; turns: number }> {
  const started = performance.now();
  let [last, longest, turns] = [started, 0, 0];
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(() => {
    look();
    ++turns;
  }, 5);
  await work();
  clearInterval(timer);
  look();
  return { longest, total: last - started, turns };
}

contract('the event loop', ({ load, slow }) => {
  it('turns while a model is loaded, runs and is disposed of', async () => {
    await (await load('slow')).dispose(); // code that is compiled once is not the matter of this test
    // Whoever holds the event loop does so each time; a machine that is busy with something else may do so once.
    for (let attempts = 3; attempts > 0; attempts--) {
      let runMs = 0;
      const { longest, total, turns } = await watch(async () => {
        await using model = await load('slow');
        ({ runMs } = (await model.execute('forward', slow.args)).timings);
      });
      if (attempts > 1 && (turns <= 10 || longest >= runMs / 2)) continue;
      expect(turns).to.be.above(10);
      expect(longest, `ms without a turn, of ${total}`).to.be.below(runMs / 2);
      return;
    }
  });
});
