/** Compiled packages that draw random numbers (N2, T9): said at load, with their sources and without. */
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { fixture } from '../support/paths.js';

const cases: readonly (readonly [name: string, warning: RegExp])[] = [
  ['noise', /draws random numbers \(seeds of its kernels\).*manualSeed/],
  ['trained', /drops values at random, as in training.*eval/],
  ['sampled', /draws random numbers \(aten::randperm, aten::multinomial\)/],
  ['shuffled', /draws random numbers \(aten::randperm\)/],
];

describe('faults: packages that answer at random', () => {
  for (const [name, warning] of cases) {
    it(`warns of ${name}, and is right`, async () => {
      await using model = await loadModel(fixture(`faults/random-pt2/${name}.pt2`));
      expect(model.info.random).to.equal(true);
      expect(model.info.warnings.join('\n')).to.match(warning);
      const x = new Tensor('float32', Float32Array.from({ length: 8 }, (_, i) => i + 1), [2, 4]); // prettier-ignore
      const answers = new Set<string>();
      for (let i = 0; i < 10; ++i) answers.add(String((await model.run(x)).data));
      expect(answers.size).to.be.greaterThan(1);
    });
  }

  it('says nothing of the packages that others use', async () => {
    for (const name of ['aoti/mlp', 'aoti/conv', 'aoti/tokens', 'faults/state-pt2/running', 'faults/state-pt2/swap']) {
      await using model = await loadModel(fixture(`${name}.pt2`));
      expect(model.info.random, name).to.equal(false);
      expect(model.info.warnings.join('\n'), name).to.not.match(/random/);
    }
  });
});
