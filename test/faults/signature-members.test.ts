/** Misspelt members of a signature (N12): refused by name, in every place, and never a check that nobody makes. */
import { expect } from 'chai';
import { loadModel, type LoadOptions } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture, onnx } from '../support/paths.js';

const input = { name: 'x', dtype: 'float32', shape: [null, 3] };
const signature = (spec: object, more: object = {}) => ({ inputs: [{ ...input, ...spec }], outputs: [], ...more });
const misspelt: readonly (readonly [what: string, signature: unknown, said: RegExp])[] = [
  ['dtpye', { inputs: [{ name: 'x', dtpye: 'float32', shape: null }], outputs: [] }, /inputs\[0\].*"dtpye"/],
  ['ranges', signature({ ranges: [0, 1] }), /one of bounds, dtype, labels.*inputs\[0\].*"ranges"/],
  ['bound', signature({ bound: [null, null] }), /inputs\[0\].*"bound"/],
  ['symbol', signature({ symbol: ['rows', null] }), /inputs\[0\].*"symbol"/],
  ['optionnal, undefined', signature({ optionnal: undefined }), /"optionnal"/],
  ['max in bounds', signature({ bounds: [{ min: 1, max: 4, maximum: 4 }, null] }), /bounds\[0\].*"maximum"/],
  ['a second bound', signature({ bounds: [null, { min: 1, maxx: 3 }] }), /one of max, min .*bounds\[1\].*"maxx"/],
  [
    'an output’s label',
    { inputs: [input], outputs: [{ ...input, name: 'y', label: ['a', 'b', 'c'] }] },
    /outputs\[0\].*"label"/,
  ],
  ['output', signature({}, { output: [] }), /one of inputs, outputs, task .*signature.*"output"/],
  ['range as an object', signature({ range: { min: 0, max: 1 } }), /\[min, max\].*range/],
];
const models = { torchscript: fixture('torchscript/linear.pt'), onnx: onnx('linear') };

describe('faults: misspelt members of a signature', () => {
  for (const [engine, file] of Object.entries(models)) {
    for (const [what, given, said] of misspelt) {
      it(`${engine} refuses ${what}`, async () => {
        const options = { signature: given } as LoadOptions;
        const { message } = await rejection(() => loadModel(file, options), 'ERR_INVALID_ARGUMENT');
        expect(message).to.match(said);
      });
    }
  }

  it('takes every member that there is, and what another model says of itself', async () => {
    const whole = {
      ...{ optional: false, bounds: [{ min: 1, max: 8 }, null], symbols: ['rows', null] },
      ...{ range: [0, 1], labels: ['a', 'b', 'c'] },
    };
    await using model = await loadModel(models.torchscript, { signature: signature(whole) } as unknown as LoadOptions);
    expect(model.signature?.inputs[0]).to.deep.include({ name: 'x', range: [0, 1] });
    await using again = await loadModel(models.torchscript, { signature: model.signature! });
    expect(again.signature).to.deep.equal(model.signature);
    await using compiled = await loadModel(fixture('aoti/mlp.pt2'));
    await using same = await loadModel(fixture('aoti/mlp.pt2'), { signature: compiled.signature! });
    expect(same.signature).to.deep.equal(compiled.signature);
  });
});
