import { expect } from 'chai';
import { loadModel, type Model } from 'node-libtorch';
import { argumentsOf, cases, decode, expectValue, type Case } from '../../support/cases.js';
import { fixture } from '../../support/paths.js';

/** Every recorded case of PyTorch's, under each way of optimising. */
describe('numerical parity with PyTorch', () => {
  for (const optimize of ['none', 'freeze', 'inference'] as const) {
    describe(`optimize: '${optimize}'`, () => {
      const models = new Map<string, Promise<Model>>();
      const load = (file: string): Promise<Model> => {
        const model = models.get(file) ?? loadModel(fixture(`torchscript/${file}`), { optimize, device: 'cpu' });
        models.set(file, model);
        return model;
      };
      after(async () => {
        for (const model of models.values()) await (await model).dispose();
      });
      for (const recorded of cases) {
        it(recorded.name, async () => {
          await play(await load(recorded.file), recorded);
        });
      }
    });
  }

  it('covers every fixture file that is a module', () => {
    expect(new Set(cases.map(({ file }) => file)).size).to.be.greaterThan(35);
  });

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

async function play(model: Model, recorded: Case): Promise<void> {
  for (const call of recorded.sequence ?? [recorded]) {
    const names = model.info.methods.find(({ name }) => name === call.method)?.args.map(({ name }) => name) ?? [];
    const answer = model.call(call.method, argumentsOf(call, names));
    if (call.error !== undefined) {
      const error = await answer.then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error, 'an error').to.be.instanceOf(Error);
      expect(error?.message.toLowerCase()).to.include(call.error.toLowerCase());
    } else {
      expectValue(await answer, decode(call.expected ?? null), call.tolerance ?? 0);
    }
  }
}
