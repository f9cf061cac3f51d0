/** N6: giving up runs that wait costs as much for each, however many wait and in whichever order they are given up. */
import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { loadModel, Tensor, type Model, type RunOptions } from 'node-libtorch';
import { fixture } from '../support/paths.js';
import { seeded } from '../support/random.js';

const vector = new Tensor('float32', new Float32Array(256), [256]);
const maxPending = 1_000_000;

/** A model whose only instance is busy for so many halves of a second. */
async function occupied(halves = 2): Promise<{ model: Model; free: () => Promise<void> }> {
  const model = await loadModel(fixture('torchscript/slow.pt'), { maxPending });
  const runs = Array.from({ length: halves }, () => model.call('forward', [vector, 2_000]));
  return {
    model,
    free: async () => {
      await Promise.all(runs);
      await model.call('forward', [vector, 1]);
    },
  };
}

const wait = (model: Model, count: number, options: (i: number) => RunOptions): Promise<unknown>[] =>
  Array.from({ length: count }, (_, i) =>
    model.call('forward', [vector, 1], options(i)).then(
      () => 'ran',
      (error: unknown) => error,
    ),
  );

type Order = (controllers: readonly AbortController[]) => readonly AbortController[];
const orders: Readonly<Record<string, Order>> = {
  'last first': (all) => all.toReversed(),
  'in any order': (all) => {
    const next = seeded(7);
    return all
      .map((each) => [next(2 ** 30), each] as const)
      .sort(([a], [b]) => a - b)
      .map(([, each]) => each);
  },
};

describe('giving up many waiting runs', function () {
  this.timeout(120_000);

  for (const [name, order] of Object.entries(orders)) {
    /** Submits and gives up. Returns how many were given up, and what that took beside what submitting took. */
    const measure = async (count: number) => {
      const { model, free } = await occupied(6);
      const controllers = Array.from({ length: count }, () => new AbortController());
      const ordered = order(controllers);
      const start = process.cpuUsage();
      const given = wait(model, count, (i) => ({ signal: controllers[i]!.signal }));
      const { user: submitted } = process.cpuUsage(start);
      const before = process.cpuUsage();
      for (const controller of ordered) controller.abort('given up');
      const { user: gaveUp } = process.cpuUsage(before);
      const outcomes = await Promise.all(given);
      await free();
      expect(model.pending).to.equal(0);
      await model.dispose();
      return { left: outcomes.filter((outcome) => outcome === 'given up').length, gaveUp, submitted };
    };

    it(`costs about as much as it cost to submit them, of 24,000: ${name}`, async () => {
      const count = 24_000;
      // As much; six times as much where each looks at the others that wait. The best of three: a collection may come in between.
      for (let attempts = 3; attempts > 0; attempts--) {
        const { left, gaveUp, submitted } = await measure(count);
        const isGood = left > count * 0.5 && gaveUp / submitted < 3;
        if (!isGood && attempts > 1) continue;
        expect(left, 'given up').to.be.above(count * 0.5);
        expect(gaveUp / submitted, `${gaveUp} and ${submitted} µs`).to.be.below(3);
        return;
      }
    });
  }

  it('has one listener for each signal, whatever the number of calls, and none afterwards', async () => {
    const { model, free } = await occupied();
    const controller = new AbortController();
    const given = wait(model, 2_000, () => ({ signal: controller.signal }));
    expect(getEventListeners(controller.signal, 'abort')).to.have.length(1);
    controller.abort('all of them');
    expect(new Set(await Promise.all(given))).to.deep.equal(new Set(['all of them']));
    expect(getEventListeners(controller.signal, 'abort')).to.have.length(0);
    await free();
    await model.dispose();
  });

  it('leaves the others as they are: they run, in their order, and there is room for as many', async () => {
    await using model = await loadModel(fixture('torchscript/slow.pt'), { maxPending: 9 });
    const running = model.call('forward', [vector, 2_000]);
    const controllers = Array.from({ length: 9 }, () => new AbortController());
    const ended: number[] = [];
    const given = controllers.map(async ({ signal }, i) => {
      await model.call('forward', [vector, 1], { signal });
      ended.push(i);
    });
    const outcomes = Promise.allSettled(given);
    for (const i of [8, 0, 4, 5]) controllers[i]!.abort();
    const late = [9, 10, 11, 12].map(async (i) => {
      await model.call('forward', [vector, 1]);
      ended.push(i);
    });
    await Promise.all([running, outcomes, ...late]);
    expect(ended).to.deep.equal([1, 2, 3, 6, 7, 9, 10, 11, 12]);
  });

  it('by a time limit does the same', async () => {
    const { model, free } = await occupied();
    const given = wait(model, 2_000, (i) => ({ timeoutMs: 10 + (i % 7) }));
    const codes = new Set((await Promise.all(given)).map((error) => (error as { code: string }).code));
    expect(codes).to.deep.equal(new Set(['ERR_TIMEOUT']));
    await free();
    expect(model.pending).to.equal(0);
    await model.dispose();
  });
});
