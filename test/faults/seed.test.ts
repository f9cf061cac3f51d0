/** T10, runtime.manualSeed: random operators can be repeated. */
import { stat } from 'node:fs/promises';
import { expect } from 'chai';
import { loadModel, runtime, Tensor, type Model, type Value } from 'node-libtorch';
import { node } from '../support/child.js';
import { fixture } from '../support/paths.js';
import { rejection } from '../support/errors.js';

const draws = fixture('faults/seed/draws.pt');
const input = Tensor.from([1, 2, 3, 4, 5, 6, 7, 8]);

const drawn = async (model: Model): Promise<unknown[]> =>
  (await model.run<readonly Tensor[]>(input)).map(({ dtype, shape, data }) => [dtype, shape, ...data].map(String));

describe('runtime.manualSeed', () => {
  it('makes runs draw the same numbers again: dropout, normal, uniform, Bernoulli and integers', async () => {
    await using model = await loadModel(draws);
    const runs: unknown[] = [];
    for (const seed of [7, 7, 8]) {
      await runtime.manualSeed(seed);
      runs.push([await drawn(model), await drawn(model)]);
    }
    expect(runs[1]).to.deep.equal(runs[0]);
    expect(runs[2]).to.not.deep.equal(runs[0]);
    const [[first, second]] = runs as [[unknown, unknown]];
    expect(second, 'the sequence goes on from run to run').to.not.deep.equal(first);
  });

  it('is one sequence for all models of the process', async () => {
    await using one = await loadModel(draws);
    await using two = await loadModel(draws, { optimize: 'none' });
    await runtime.manualSeed(3);
    const alone = [await drawn(one), await drawn(one)];
    await runtime.manualSeed(3);
    expect([await drawn(two), await drawn(one)]).to.deep.equal(alone);
  });

  it('draws what PyTorch draws', async () => {
    await using model = await loadModel(draws);
    await runtime.manualSeed(0);
    const [dropped, normal, , , integers] = await model.run<readonly Tensor[]>(input);
    // PyTorch 2.15 in Python, the same file: torch.manual_seed(0), then the module.
    expect([...dropped!.data]).to.deep.equal([0, 0, 6, 0, 0, 0, 14, 16]);
    const expected = [
      -0.71925759, -0.40334353, -0.59663534, 0.18203649, -0.85667461, 1.10060418, -1.07118738, 0.12270125,
    ];
    for (const [i, value] of expected.entries()) expect(Number(normal!.data[i])).to.be.closeTo(value, 1e-6);
    expect([...integers!.data].map(Number)).to.deep.equal([771, 757, 283, 395]);
  });

  it('waits for a run that draws on a thread of its own: files are read meanwhile', async () => {
    await using model = await loadModel(fixture('faults/seed/long.pt'));
    const started = performance.now();
    const run = model.run([60_000_000]).then(() => performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 50));
    // libuv's pool has four threads.
    const seeds = [1, 2, 3, 4].map((seed) => runtime.manualSeed(seed));
    await stat(draws);
    const read = performance.now() - started;
    await Promise.all(seeds);
    expect(read).to.be.below((await run) / 2);
  });

  it('takes bigints of 64 bits, and 0', async () => {
    await using model = await loadModel(draws);
    const seeds = [0, 0n, Number.MAX_SAFE_INTEGER, 2n ** 53n - 1n, 2n ** 64n - 1n];
    const first: unknown[] = [];
    for (const seed of seeds) {
      await runtime.manualSeed(seed);
      first.push(await drawn(model));
    }
    expect(first[1]).to.deep.equal(first[0]);
    expect(first[3]).to.deep.equal(first[2]);
    expect(first[4]).to.not.deep.equal(first[0]);
  });

  for (const seed of [-1, 1.5, NaN, Infinity, 2 ** 53, -1n, 2n ** 64n, '1', null, undefined, [1]]) {
    it(`refuses ${String(seed)} (${typeof seed})`, async () => {
      const error = await rejection(() => runtime.manualSeed(seed as Value as number), 'ERR_INVALID_ARGUMENT');
      expect(error.message).to.include('seed');
    });
  }

  it('may come before the first load, which it does not cause', async () => {
    const script = `
      import { loadModel, runtime, Tensor } from 'node-libtorch';
      await runtime.manualSeed(5);
      runtime.configure({ intraOpThreads: 1 }); // refused once LibTorch is there
      const draw = async () => [...(await model.run(Tensor.from([1, 2, 3, 4])))[1].data];
      const model = await loadModel(${JSON.stringify(draws)});
      const early = await draw();
      await runtime.manualSeed(5);
      console.log(JSON.stringify([early, await draw()]));`;
    const { stdout, stderr } = await node(['--input-type=module', '-e', script]);
    expect(stderr).to.equal('');
    const [early, late] = JSON.parse(stdout) as [number[], number[]];
    expect(early).to.deep.equal(late);
  });
});
