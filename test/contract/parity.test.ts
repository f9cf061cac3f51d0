import { expect } from 'chai';
import { loadModel, type LoadOptions, type Model } from 'node-libtorch';
import { expectValue } from '../support/values.js';
import { fixture } from '../support/paths.js';
import { recordedCases, type RecordedCall } from '../support/recorded.js';
import { contract } from './contract.js';

/** Every recorded answer of Python's, under each way of loading. */
contract('numerical parity', ({ recorded: { folder, files, options } }) => {
  const cases = recordedCases(folder);

  for (const given of options) {
    describe(JSON.stringify(given), () => {
      const load = loadedOnce(folder, given);
      for (const { name, file, calls } of cases) {
        it(name, async () => {
          const model = await load(file);
          for (const call of calls) await play(model, call);
        });
      }
    });
  }

  it(`is of at least ${files} files`, () => {
    expect(new Set(cases.map(({ file }) => file)).size).to.be.at.least(files);
  });
});

async function play(model: Model, call: RecordedCall): Promise<void> {
  const names = model.info.methods.find(({ name }) => name === call.method)?.args.map(({ name }) => name) ?? [];
  for (const args of call.ways(names)) {
    const answer = model.call(call.method, args);
    if (call.error === undefined) expectValue(await answer, call.expected, call.tolerance);
    else {
      const error = await answer.catch((reason: unknown) => reason);
      expect(error, 'an error').to.be.instanceOf(Error);
      expect((error as Error).message.toLowerCase()).to.include(call.error.toLowerCase());
    }
  }
}

/** Each file's model, loaded at its first case and disposed of after the last; one that keeps state for each case. */
function loadedOnce(folder: string, options: LoadOptions): (file: string) => Promise<Model> {
  const models = new Map<string, Model>();
  const all: Model[] = [];
  after(async () => {
    for (const model of all) await model.dispose();
  });
  return async (file) => {
    const known = models.get(file);
    if (known) return known;
    const model = await loadModel(fixture(`${folder}/${file}`), options);
    all.push(model);
    if (!model.info.stateful) models.set(file, model);
    return model;
  };
}
