import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as ours from '#dist/monitoring/index.js';
import { caught } from '../support/caught.js';
import { root } from '../support/paths.js';
import { differences, type Case } from './oracle.js';

describe('tests on samples', () => {
  const cases = JSON.parse(readFileSync(join(root, 'test/fixtures/statistics/pairs.json'), 'utf8')) as Case[];

  it("are scipy's and Evidently's to 1e-9", () => {
    expect(cases).to.have.length(34);
    expect(differences(cases)).to.deep.equal([]);
  });

  it('the comparison sees a difference of 1e-8', () => {
    const [first] = cases as [Case];
    const wasserstein = (first.answers['wasserstein'] as number) + 1e-8;
    expect(differences([{ ...first, answers: { wasserstein } }])).to.have.length(1);
  });

  it('take typed arrays, and leave them as they were', () => {
    const a = Float32Array.of(3, 1, 2);
    expect(ours.wassersteinDistance(a, Int32Array.of(4, 2, 3))).to.equal(1);
    expect([...a]).to.deep.equal([3, 1, 2]);
  });

  it('choose the exact distribution up to 10,000 values', () => {
    const a = Array.from({ length: 10_000 }, (_, i) => i);
    const b = Array.from({ length: 50 }, (_, i) => i * 170);
    const exact = ours.ks2Samples(a, b, { method: 'exact' });
    expect(ours.ks2Samples(a, b)).to.deep.equal(exact);
    const asymptotic = ours.ks2Samples([...a, 10_000], b, { method: 'asymptotic' });
    expect(ours.ks2Samples([...a, 10_000], b)).to.deep.equal(asymptotic);
    expect(asymptotic.pValue).to.not.equal(exact.pValue);
  });

  it('bins of equal width instead of Sturges, when asked', () => {
    const a = Array.from({ length: 100 }, (_, i) => i);
    const b = a.map((value) => value / 2.1);
    expect(ours.psi(a, b, { bins: 1 })).to.equal(0);
    // Shares 0.5, 0.5 and 1, 0, where nothing counts as 0.0001.
    const term = (p: number, q: number): number => (p - q) * Math.log(p / q);
    expect(ours.psi(a, b, { bins: 2 })).to.be.closeTo(term(0.5, 1) + term(0.5, 1e-4), 1e-12);
  });

  const wrong: Record<string, () => unknown> = {
    'an empty sample': () => ours.ks2Samples([], [1]),
    'no array': () => ours.wassersteinDistance('12' as never, [1]),
    NaN: () => ours.psi([1, NaN], [1]),
    Infinity: () => ours.wassersteinDistance([1], [Infinity]),
    'text among numbers': () => ours.ks2Samples([1, '2' as never], [1]),
    'an unknown option': () => ours.ks2Samples([1], [2], { mode: 'exact' } as never),
    'an unknown method': () => ours.ks2Samples([1], [2], { method: 'fast' as never }),
    'an exact test that would take minutes': () =>
      ours.ks2Samples(new Float64Array(100_000), new Float64Array(100_000), { method: 'exact' }),
    'weights below 0': () => ours.jensenShannonDistance([1, -1], [1, 1]),
    'weights of nothing': () => ours.jensenShannonDistance([0, 0], [1, 1]),
    'weights of other lengths': () => ours.jensenShannonDistance([1], [1, 1]),
    'a base of 1': () => ours.jensenShannonDistance([1], [1], { base: 1 }),
    'one row of counts': () => ours.chiSquared([[1, 2]]),
    'rows of other lengths': () => ours.chiSquared([[1, 2], [1]]),
    'a column of zeros': () => ours.chiSquared([[1, 0], [2, 0]]), // prettier-ignore
    'a row of zeros': () => ours.chiSquared([[0, 0], [1, 2]]), // prettier-ignore
    'expected counts of another sum': () => ours.chiSquaredFit([1, 2], [2, 2]),
    'an expected count of 0': () => ours.chiSquaredFit([1, 2], [0, 3]),
    'names as numbers': () => ours.psi(['a'], ['b'], { kind: 'numeric' }),
    'no bins': () => ours.psi([1], [2], { bins: 0 }),
    'p-values above 1': () => ours.benjaminiHochberg([0.5, 1.5]),
    'p-values that are none': () => ours.benjaminiHochberg(7 as never),
  };
  for (const [what, call] of Object.entries(wrong)) {
    it(`refuse ${what}`, () => void caught(call, 'ERR_INVALID_ARGUMENT'));
  }

  it('Benjamini-Hochberg of nothing is nothing', () => {
    expect(ours.benjaminiHochberg([])).to.deep.equal([]);
    expect(ours.benjaminiHochberg([0.01, 0.02, 0.9])).to.deep.equal([0.03, 0.03, 0.9]);
  });
});
