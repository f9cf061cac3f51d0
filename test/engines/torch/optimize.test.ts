import { expect } from 'chai';
import { loadModel } from 'node-libtorch';
import { fixture } from '../../support/paths.js';

describe('ways of optimising a TorchScript module', () => {
  it('really freezes what it says it froze', async () => {
    const optimized: string[] = [];
    for (const optimize of ['none', 'freeze', 'inference'] as const) {
      await using model = await loadModel(fixture('torchscript/methods.pt'), { optimize });
      optimized.push(model.info.optimize);
      expect(model.info.methods.map(({ name }) => name)).to.have.length.greaterThan(2);
      expect(model.info.warnings).to.deep.equal([]);
    }
    expect(optimized).to.deep.equal(['none', 'freeze', 'inference']);
  });

  it('says why a module could not be frozen, and runs it', async () => {
    await using model = await loadModel(fixture('torchscript/no_forward.pt'), { optimize: 'freeze' });
    expect(model.info.optimize).to.equal('none');
    expect(model.info.warnings.join()).to.match(/no forward method/);
  });
});
