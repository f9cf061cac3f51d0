import { expect } from 'chai';
import { differences } from '#dist/serving/canary/compatible.js';
import type { TensorSpec } from '#dist/signature/spec.js';

const input: TensorSpec = { name: 'x', dtype: 'float32', shape: [null, 4], range: [0, 1] };
const output: TensorSpec = { name: 'y', dtype: 'float32', shape: [null, 3] };
const labels = ['a', 'b', 'c'];

interface Made {
  readonly inputs?: readonly TensorSpec[];
  readonly outputs?: readonly TensorSpec[];
  readonly task?: object | undefined;
}

const made = ({ inputs = [input], outputs = [output], task }: Made) =>
  ({ signature: { inputs, outputs }, task, model: { info: { methods: [] } } }) as never;
const of = (canary: Made, stable: Made = {}) => differences(made(stable), made(canary));

describe('a version that is to stand in for another', () => {
  it('may take more, and give what is narrower', () => {
    for (const more of [
      { ...input, range: [-1, 2] },
      { name: 'x', dtype: 'float32', shape: [null, 4] },
      { ...input, shape: [null, null] },
      { ...input, shape: null },
      { ...input, dtype: null },
      { ...input, bounds: [{ min: 1, max: Infinity }, null] },
    ] as const) {
      expect(of({ inputs: [more] }), JSON.stringify(more)).to.deep.equal([]);
    }
    expect(of({ inputs: [input, { ...input, name: 'mask', optional: true }] })).to.deep.equal([]);
    expect(of({ outputs: [{ ...output, shape: [1, 3] }] })).to.deep.equal([]);
  });

  it('may not take less', () => {
    for (const [other, words] of [
      [{ ...input, name: 'image' }, /^input 0 is image, not x$/],
      [{ ...input, dtype: 'float64' }, /^input x is float64 .* does not take all of float32/],
      [{ ...input, shape: [null, 5] }, /^input x is float32 \[\?, 5\]/],
      [{ ...input, shape: [1, 4] }, /^input x is float32 \[1, 4\]/],
      [{ ...input, shape: [null, 4, 1] }, /^input x is/],
      [{ ...input, range: [0, 0.5] }, /from 0 to 0.5/],
      [{ ...input, bounds: [{ min: 1, max: 8 }, null] }, /1\.\.8/],
    ] as const) {
      expect(of({ inputs: [other] })[0], JSON.stringify(other)).to.match(words);
    }
    expect(of({ inputs: [] })).to.deep.equal(['it takes no input x']);
    expect(of({ inputs: [input, { ...input, name: 'mask' }] })).to.deep.equal(['it needs an input mask']);
    expect(of({}, { inputs: [{ ...input, range: [-1, 1] }] })[0]).to.match(/from 0 to 1, which does not take all of/);
    expect(of({}, { inputs: [{ ...input, optional: true }] })[0]).to.match(/optional$/);
  });

  it('may not give something else', () => {
    expect(of({ outputs: [] })).to.deep.equal(['it gives 0 outputs, not 1']);
    expect(of({ outputs: [{ ...output, name: 'z' }] })).to.deep.equal(['output 0 is z, not y']);
    expect(of({ outputs: [{ ...output, shape: [null, 4] }] })[0]).to.match(/^output y is/);
    expect(of({ outputs: [{ ...output, dtype: 'int64' }] })[0]).to.match(/^output y is int64/);
  });

  it('has the same task and the same labels, in their order', () => {
    const task = { type: 'classification', activation: 'softmax', labels };
    expect(of({ task }, { task })).to.deep.equal([]);
    expect(of({ task: { ...task, activation: 'none' } }, { task })).to.deep.equal([]);
    expect(of({ task: undefined }, { task })).to.deep.equal(['its task is none, not classification']);
    expect(of({ task: { ...task, labels: ['a', 'c', 'b'] } }, { task })).to.deep.equal(['its label 1 is another one']);
    expect(of({ task: { ...task, labels: ['a'] } }, { task })).to.deep.equal(['it has 1 labels, not 3']);
    expect(of({ task }, { task: { ...task, image: {} } })[0]).to.match(/how images become/);
  });

  it('is told apart by the arguments of forward where there is no signature', () => {
    const file = (type: string) => {
      const forward = { name: 'forward', args: [{ name: 'x', type, hasDefault: false }], returns: [] };
      return { signature: undefined, task: undefined, model: { info: { methods: [forward] } } } as never;
    };
    expect(differences(file('Tensor'), file('Tensor'))).to.deep.equal([]);
    expect(differences(file('Tensor'), file('List[Tensor]'))).to.deep.equal([
      'forward takes (x: List[Tensor]), not (x: Tensor)',
    ]);
  });
});
