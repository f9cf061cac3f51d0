import { expect } from 'chai';
import { hasFreeBatch } from '#dist/model/row-independence.js';
import { exampleArguments, exampleSpecs } from '#dist/signature/example.js';
import type { TensorSpec } from '#dist/signature/spec.js';

/** Of one input for each list of names, all sizes free. */
const inputs = (...names: readonly (readonly (string | null)[])[]): TensorSpec[] =>
  names.map((symbols, i) => ({ name: `x${i}`, dtype: 'float32', shape: symbols.map(() => null), symbols }));

const shapes = (...names: readonly (readonly (string | null)[])[]): (readonly number[])[] => {
  const specs = exampleSpecs({ inputs: inputs(...names), outputs: [] }) ?? [];
  return Object.values(exampleArguments(specs, 2, 5)).map((value) => (typeof value === 'number' ? [] : value.shape));
};

describe('names of free sizes', () => {
  it('may be any text: the rows are free where no other size has their name', () => {
    for (const names of [
      ['p2o.DynamicDimension.0', 'p2o.DynamicDimension.1'],
      ['batch-size', 'seq-len'],
      ['batch-size', 'batch'],
      ['batch size', 'width'],
      ['N', 'n'],
      ['?', null],
      ['1', '2'],
      ['unk__7', 'unk__70'],
      [null, 'n'],
    ])
      expect(hasFreeBatch(inputs(names)), names.join(', ')).to.equal(true);
  });

  it('bind the rows where another size has their name, or follows from it', () => {
    for (const names of [
      ['p2o.DynamicDimension.0', 'p2o.DynamicDimension.0'],
      ['batch-size', 'batch-size'],
      ['n', '2*n'],
      ['n', 'n + 1'],
      ['2*n', 'k'],
      ['n', 'n*k'],
    ])
      expect(hasFreeBatch(inputs(names, ['other', 'k'])), names.join(', ')).to.equal(false);
    expect(hasFreeBatch(inputs(['a.0'], ['b.0', 'a.0']))).to.equal(false);
  });

  it('have one size in an example, whatever they look like', () => {
    expect(shapes(['a.0', 'b.0'], ['other', 'a.0'])).to.deep.equal([
      [2, 5],
      [2, 2],
    ]);
    expect(shapes(['batch-size', 'seq-len'], ['seq-len', 'batch-size'])).to.deep.equal([
      [2, 5],
      [5, 2],
    ]);
    expect(shapes(['n', 'n + 1'], ['2*n', null])).to.deep.equal([
      [2, 3],
      [4, 5],
    ]);
  });
});
