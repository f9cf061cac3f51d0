import { expect } from 'chai';
import { Tensor, type Value } from 'node-libtorch';
import { agree } from '#dist/serving/canary/agreement.js';

const floats = (rows: number[][]): Tensor => Tensor.from(rows);
const of = (canary: Value, stable: Value, task?: object, draw = 0) =>
  agree({ canary, stable, task: task as never, draw });

describe('agreement of two answers', () => {
  const labels = ['a', 'b', 'c'];

  it('is that of the best class', () => {
    const task = { type: 'classification', activation: 'softmax', labels };
    expect(of(floats([[9, 1, 0]]), floats([[2, 1, 0]]), task)).to.equal(true);
    expect(of(floats([[2, 1, 0]]), floats([[1, 2, 0]]), task)).to.equal(false);
    expect(of(floats([[NaN, NaN, NaN]]), floats([[1, 2, 0]]), task), 'no answer').to.equal(false);
  });

  it('is that of all labels', () => {
    const task = { type: 'multi-label', activation: 'none', threshold: 0.5, labels };
    // They are a set: which of two has the higher score is nothing that a caller reads as another answer.
    expect(of(floats([[0.9, 0.1, 0.6]]), floats([[0.6, 0.3, 0.9]]), task), 'in any order').to.equal(true);
    expect(of(floats([[0.9, 0.6, 0.1]]), floats([[0.6, 0.1, 0.9]]), task), 'as many others').to.equal(false);
    expect(of(floats([[0.9, 0.1, 0.6]]), floats([[0.8, 0.3, 0.7]]), task)).to.equal(true);
    expect(of(floats([[0.9, 0.1, 0.4]]), floats([[0.8, 0.3, 0.7]]), task)).to.equal(false);
  });

  it('is that of values where the task has no labels, but for 5 % of the largest', () => {
    for (const task of [undefined, { type: 'embedding', pooling: 'none', normalize: false }]) {
      expect(of(floats([[1.04, 2, 0]]), floats([[1, 2, 0.05]]), task)).to.equal(true);
      expect(of(floats([[1.2, 2, 0]]), floats([[1, 2, 0]]), task)).to.equal(false);
      expect(of(floats([[NaN, 2]]), floats([[1, 2]]), task)).to.equal(false);
      expect(of(floats([[NaN, Infinity]]), floats([[NaN, Infinity]]), task)).to.equal(true);
    }
    expect(of(Tensor.from([[1n, 2n]]), Tensor.from([[1n, 2n]]))).to.equal(true);
    expect(of(Tensor.from([[1n, 3n]]), Tensor.from([[1n, 2n]]))).to.equal(false);
  });

  it('is that of one row, which is drawn', () => {
    const [one, other] = [
      floats([
        [1, 0],
        [5, 0],
      ]),
      floats([
        [1, 0],
        [0, 5],
      ]),
    ];
    expect([of(one, other, undefined, 0), of(one, other, undefined, 0.6)]).to.deep.equal([true, false]);
  });

  it('is that of all outputs, and of their shapes', () => {
    expect(of([floats([[1]]), floats([[2]])], [floats([[1]]), floats([[2]])])).to.equal(true);
    expect(of([floats([[1]]), floats([[3]])], [floats([[1]]), floats([[2]])])).to.equal(false);
    expect(of({ y: floats([[1]]) }, { y: floats([[1]]) })).to.equal(true);
    expect(of(floats([[1, 2]]), floats([[1, 2, 3]]))).to.equal(false);
    expect(of(floats([[1]]), [floats([[1]]), floats([[1]])])).to.equal(false);
    expect(of(Tensor.from([[1n]]), floats([[1]]))).to.equal(false);
  });
});
