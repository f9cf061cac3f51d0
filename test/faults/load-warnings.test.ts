/** Warnings at load (T9, N2): models in train mode, random models, and divisions that can end the process. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadModel } from 'node-libtorch';
import { fixture } from '../support/paths.js';

interface Case {
  readonly name: string;
  /** A part of a warning; null where there is none. */
  readonly warning: string | null;
  readonly random: boolean;
}

const folder = 'faults/load-warnings/';
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8')) as Case[];

describe('faults: warnings at load', () => {
  for (const optimize of ['freeze', 'none'] as const) {
    for (const { name, warning, random } of cases) {
      it(`${warning === null ? 'says nothing of' : 'warns of'} ${name}, optimize ${optimize}`, async () => {
        await using model = await loadModel(fixture(`${folder}${name}.pt`), { optimize });
        const { warnings } = model.info;
        if (warning === null) expect(warnings).to.deep.equal([]);
        else expect(warnings.join('\n')).to.match(new RegExp(warning));
        expect(model.info.random).to.equal(random);
      });
    }
  }

  it('calls batch norm in train mode stateful too: it updates its own statistics', async () => {
    for (const name of ['trained_batch_norm', 'trained_instance_norm']) {
      await using model = await loadModel(fixture(`${folder}${name}.pt`));
      expect(model.info.statefulReason, name).to.match(/running_(mean|var)|num_batches_tracked/);
    }
  });

  it('warns of nothing in the models that others use', async () => {
    for (const name of ['torchscript/linear.pt', 'torchscript/lstm.pt', 'tasks/encoder.pt', 'tasks/pictures.pt']) {
      await using model = await loadModel(fixture(name));
      expect(model.info.warnings, name).to.deep.equal([]);
      expect(model.info.random, name).to.equal(false);
    }
  });
});
