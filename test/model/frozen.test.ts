import { expect } from 'chai';
import { loadModel, type Signature } from 'node-libtorch';
import { copied, frozen } from '#dist/model/frozen.js';
import { rejection } from '../support/errors.js';
import { digitModel } from '../support/paths.js';

describe('what nobody may change any more', () => {
  it('is frozen through objects and arrays, and leaves others alone', () => {
    const data = new Float32Array(2);
    const value = frozen({ a: [{ b: 1 }], data, when: new Map([[1, {}]]) });
    expect(value).to.be.frozen;
    expect(value.a).to.be.frozen;
    expect(value.a[0]).to.be.frozen;
    data[0] = 1;
    const nothing: unknown = undefined;
    expect(frozen(nothing)).to.equal(nothing);
    expect(frozen(5)).to.equal(5);
  });

  it('is copied, or refused', async () => {
    const value = { a: [1] };
    expect(copied('x', value)).to.deep.equal(value);
    expect(copied('x', value)).not.to.equal(value);
    await rejection(() => copied('x', { a: () => 1 }), 'ERR_INVALID_ARGUMENT');
  });
});

describe('a loaded model', () => {
  it('keeps to the signature that was checked, whatever becomes of the one that was given', async () => {
    const given = { inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }], outputs: [] };
    await using model = await loadModel(digitModel, { signature: given as unknown as Signature });
    given.inputs[0]!.name = 'other';
    given.inputs[0]!.range[1] = 1e9;
    given.inputs.push(given.inputs[0]!);
    expect(model.signature?.inputs).to.have.length(1);
    expect(model.signature?.inputs[0]).to.deep.include({ name: 'input', range: [0, 1] });
    await rejection(() => model.run({ input: 5 }), 'ERR_INVALID_INPUT');
  });

  it('says what it says in frozen objects', async () => {
    await using model = await loadModel(digitModel);
    for (const value of [model.info, model.info.device, model.info.methods, model.info.methods[0], model.signature]) {
      expect(value).to.be.frozen;
    }
  });
});
