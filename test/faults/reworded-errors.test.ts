/** Errors that say where something was wrong keep the hint as their last line, and the trace, of what was wrong. */
import { expect } from 'chai';
import { Tensor, type TensorSpec } from 'node-libtorch';
import { namedTensors } from '#dist/client/inputs.js';
import { treeBinder, type InputTree } from '#dist/engines/pt2/input-tree.js';
import { reworded, torchError, type TorchError } from '#dist/errors.js';
import { countData } from '#dist/registry/data/count.js';
import { contentOf } from '#dist/server/codec/values.js';
import { failureOf } from '#dist/serving/catalogue.js';
import { rejection } from '../support/errors.js';

const refusal = torchError('ERR_INVALID_SHAPE', 'why', { hint: 'do this', trace: 'layer 1' });
const x: TensorSpec = { name: 'x', dtype: 'float32', shape: [null, 2] };

/** An array whose elements cannot be read. */
const unreadable = (): number[] =>
  Object.defineProperty([1], 0, {
    get() {
      throw refusal;
    },
  });

function keeps(error: TorchError, sentence: RegExp): void {
  expect(error).to.include({ code: refusal.code, hint: 'do this', trace: 'layer 1' });
  expect(error.message.split('  hint: do this')).to.have.length(2);
  expect(error.message).to.match(/\n {2}hint: do this$/);
  expect(error.message.split('\n  hint: ')[0]).to.match(sentence);
}

describe('faults: errors in other words', () => {
  it('of any error', () => {
    const error = reworded(refusal, (sentence) => `Input x: ${sentence}`);
    keeps(error, /^Input x: why$/);
    expect(error.cause).to.equal(refusal);
    expect(reworded(torchError('ERR_TIMEOUT', 'late'), (sentence) => `${sentence}!`)).to.include({ message: 'late!' });
  });

  it('of rows of training data', async () => {
    const model = { answer: () => Promise.reject(refusal), areDependent: false };
    const record = { signature: { inputs: [x], outputs: [{ ...x, name: 'y' }] }, task: { type: 'other' } } as never;
    const counting = countData({ data: Tensor.zeros([100, 2]) }, record, model, () => undefined);
    keeps(await rejection(() => counting, refusal.code), /^why\n {2}in the run of rows 0 to \d/);
  });

  it('of an input in JSON', async () => {
    const error = await rejection(() => contentOf(unreadable(), { name: 'x', datatype: 'FP32', shape: [-1] }), refusal.code);
    keeps(error, /^Input x: why$/);
  }); // prettier-ignore

  it('of an input of a client', async () => {
    keeps(await rejection(() => namedTensors({ x: unreadable() }, undefined), refusal.code), /^Input "x": why$/);
  });

  it('of bounds in a compiled package', async () => {
    const tree = { flatten: (args: unknown) => args, takesContainer: false } as unknown as InputTree;
    const binder = treeBinder(tree, [x], { explain: (message) => `${message}; see there` });
    const error = await rejection(() => binder.bind([Tensor.zeros([2])]), 'ERR_INVALID_SHAPE');
    expect(error.message).to.match(/; see there\n {2}hint: /);
    expect(error.hint).to.match(/batch dimension is missing/);
  });

  it('but the index of a host has the sentence alone', () => {
    const error = torchError('ERR_MODEL_NOT_FOUND', 'Expected a model but there is none', { hint: 'add it' });
    expect(failureOf(error).message).to.equal('Expected a model but there is none');
  });
});
