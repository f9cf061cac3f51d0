/** ONNX models that answer at random, or as in training (N2, T9): said at load, wherever the node stands. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadModel, Tensor, type Model } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture, onnx } from '../support/paths.js';

interface Case {
  readonly name: string;
  /** A part of the one warning; null where there is none. */
  readonly warning: string | null;
  readonly random: boolean;
  readonly stateful: boolean;
}

const folder = 'faults/onnx-random/';
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8')) as Case[];
const file = (name: string) => fixture(`${folder}${name}.onnx`);

/** The first output of some equal calls, as texts. */
async function answersOf(model: Model): Promise<ReadonlySet<string>> {
  const x = Float32Array.from({ length: 8 }, (_, i) => i / 8);
  const args = (model.signature?.inputs ?? []).map(({ dtype }) =>
    dtype === 'bool' ? new Tensor('bool', Uint8Array.of(1), []) : new Tensor('float32', x, [2, 4]),
  );
  const answers = new Set<string>();
  for (let i = 0; i < 10; ++i) {
    const value = await model.run(args);
    const first = value instanceof Tensor ? value : (Object.values(value)[0] as Tensor);
    answers.add(String(first.data));
  }
  return answers;
}

describe('faults: ONNX models that answer at random', () => {
  for (const { name, warning, random, stateful } of cases) {
    it(`${warning === null ? 'says nothing of' : 'warns of'} ${name}, and is right`, async () => {
      await using model = await loadModel(file(name));
      const { info } = model;
      expect(info).to.include({ random, stateful });
      if (warning === null) expect(info.warnings).to.deep.equal([]);
      else expect(info.warnings.join('\n')).to.match(new RegExp(warning));
      if (stateful) expect(info.statefulReason).to.match(/BatchNormalization/);
      expect((await answersOf(model)).size > 1).to.equal(random || stateful);
    });
  }

  it('has one instance of a model that trains: each would have its own statistics', async () => {
    const { message } = await rejection(() => loadModel(file('batch_norm'), { instances: 2 }), 'ERR_STATEFUL_MODEL');
    expect(message).to.match(/BatchNormalization.*instances: 1 but received 2/);
  });

  it('says nothing of the models that others use', async () => {
    await using model = await loadModel(onnx('linear'));
    expect(model.info).to.deep.include({ random: false, stateful: false, warnings: [] });
  });
});
