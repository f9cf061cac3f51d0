import { expect } from 'chai';
import { driftTests, mergeBins, type Bins } from '#dist/monitoring/index.js';
import { coarse } from '#dist/statistics/index.js';
import { finish } from '#dist/statistics/work.js';
import { normals } from '#dist/statistics/special/random.js';
import { caught } from '../support/caught.js';

const edges = [1, 2, 3];
const bins = (...counts: number[]): Bins => ({ edges, counts });

describe('tests of drift', () => {
  it('have the statistics that people know', () => {
    const reference = bins(10, 20, 30, 40);
    const window = bins(4, 2, 2, 2);
    expect(driftTests.ks.statistic(reference, window)).to.be.closeTo(0.3, 1e-15);
    const terms = [[0.1, 0.4], [0.2, 0.2], [0.3, 0.2], [0.4, 0.2]] as const; // prettier-ignore
    const sum = (term: (p: number, q: number) => number): number => terms.reduce((all, [p, q]) => all + term(p, q), 0);
    expect(driftTests.psi.statistic(reference, window)).to.be.closeTo(sum((p, q) => (p - q) * Math.log(p / q)), 1e-14); // prettier-ignore
    const half = (p: number, q: number): number => (p / 2) * Math.log((2 * p) / (p + q));
    const divergence = sum((p, q) => half(p, q) + half(q, p));
    expect(driftTests['jensen-shannon'].statistic(reference, window)).to.be.closeTo(Math.sqrt(divergence), 1e-14);
    const coefficient = sum((p, q) => Math.sqrt(p * q));
    expect(driftTests.hellinger.statistic(reference, window)).to.be.closeTo(Math.sqrt(1 - coefficient), 1e-14);
  });

  it('chi-squared is that of the table of two rows, with rare categories as one', () => {
    const reference = { counts: [500, 300, 200] };
    const window = { counts: [40, 35, 25] };
    const all = [540, 335, 225];
    const term = (count: number, total: number, n: number): number =>
      (count - (total * n) / 1100) ** 2 / ((total * n) / 1100);
    const expected = all.reduce(
      (sum, total, i) => sum + term(reference.counts[i]!, total, 1000) + term(window.counts[i]!, total, 100),
      0,
    );
    expect(driftTests.chi2.statistic(reference, window)).to.be.closeTo(expected, 1e-12);
    const split = { reference: [500, 300, 200, 4, 3], window: [40, 35, 25, 0, 1] };
    const joined = { reference: [500, 300, 200, 7], window: [40, 35, 25, 1] };
    expect(driftTests.chi2.statistic({ counts: split.reference }, { counts: split.window })).to.be.closeTo(
      driftTests.chi2.statistic({ counts: joined.reference }, { counts: joined.window }),
      1e-12,
    );
  });

  it('a new category that comes often is not lost among the others', () => {
    const reference = { counts: [5000, 3000, 2000, 0] };
    expect(driftTests.chi2.pValue(reference, { counts: [250, 150, 92, 8] })).to.be.below(1e-6);
    expect(driftTests.chi2.pValue(reference, { counts: [250, 150, 99, 1] })).to.be.within(0.02, 0.2);
  });

  it('the threshold that is shown beside a p-value does where the reference has one value alone', () => {
    // Once a month, of windows of a minute.
    const level = 1 / 43_200;
    const pairs = [
      [[5000, 0], [495, 5]],
      [[5000, 0, 0], [495, 3, 2]],
      [[0, 5000], [1, 499]],
    ] as const; // prettier-ignore
    for (const [name, test] of Object.entries(driftTests)) {
      for (const pair of pairs) {
        const between = pair[0].slice(1).map((_, i) => i);
        const reference: Bins = { edges: between, counts: pair[0] };
        const window: Bins = { edges: between, counts: pair[1] };
        const { threshold, pValue, statistic } = finish(test.compare(level, reference, window));
        const exact = test.threshold(level, reference, window);
        // One that has been passed is at most what passed it.
        const shown = pValue <= level ? Math.min(exact, statistic) : exact;
        expect(threshold, `${name} ${pair[1].join()}`).to.be.within(0.95 * shown, 1.05 * shown);
      }
    }
    const chi2 = driftTests.chi2.threshold(level, { counts: [5000, 0] }, { counts: [495, 5] });
    expect(chi2).to.be.closeTo(30.5, 0.1);
  });

  it('the Wasserstein distance is in deviations of the reference', () => {
    const fine = Array.from({ length: 401 }, (_, i) => -8 + i / 25);
    const normal = (mean: number): Bins => ({
      edges: fine,
      counts: [...fine, Infinity].map((edge) => Math.round(4000 * Math.exp(-((edge - 0.02 - mean) ** 2) / 2) || 0)),
    });
    expect(driftTests.wasserstein.statistic(normal(0), normal(0.5))).to.be.closeTo(0.5, 0.005);
    const wide = (of: Bins): Bins => ({ edges: of.edges!.map((edge) => 1e6 * edge), counts: of.counts });
    expect(driftTests.wasserstein.statistic(wide(normal(0)), wide(normal(0.5)))).to.be.closeTo(0.5, 0.005);
  });

  describe('of 1,000 windows without drift, alarm in about 1 % and 5 %', () => {
    const random = normals(9);
    const rows = 10_000;
    /** Bins of a normal sample between the quantiles of the reference. */
    const pool = Float64Array.from({ length: rows }, random);
    const counted = (sample: Float64Array, between: readonly number[]): Bins => {
      const counts = new Array<number>(between.length + 1).fill(0);
      for (const value of sample) counts[between.filter((edge) => edge < value).length]!++;
      return { edges: between, counts };
    };
    const sorted = pool.slice().sort();
    const between = Array.from({ length: 23 }, (_, i) => sorted[Math.floor(((i + 1) * rows) / 24)]!);
    const reference = counted(pool, between);

    for (const [name, test] of Object.entries(driftTests)) {
      it(name, function () {
        this.timeout(60_000);
        let [one, five] = [0, 0];
        for (let i = 0; i < 1000; i++) {
          const window = counted(Float64Array.from({ length: 100 }, random), between);
          const p = test.pValue(...coarse(reference, window, test.numericBins ?? Infinity));
          if (p <= 0.01) one++;
          if (p <= 0.05) five++;
        }
        // Four deviations of a binomial count; the numbers are the same in every run.
        expect(one).to.be.within(1, 23);
        expect(five).to.be.within(22, 78);
      });

      it(`${name} finds half a deviation in 500 rows, at a level of 1e-6`, () => {
        for (let i = 0; i < 20; i++) {
          const window = counted(
            Float64Array.from({ length: 500 }, random).map((value) => value + 0.5),
            between,
          );
          const p = test.pValue(...coarse(reference, window, test.numericBins ?? Infinity));
          expect(p).to.be.below(1e-6);
        }
      });
    }
  });

  it('coarse bins are of about equal shares, and keep edges and counts', () => {
    const fine = { edges: [1, 2, 3, 4, 5, 6, 7], counts: [10, 10, 60, 0, 5, 5, 5, 5] };
    const [reference, window] = coarse(fine, { edges: fine.edges, counts: [1, 2, 3, 4, 5, 6, 7, 8] }, 4);
    expect(reference.edges!.every((edge) => fine.edges.includes(edge))).to.equal(true);
    expect(reference.counts).to.have.length.at.most(4);
    expect([...(reference.counts as number[])].reduce((a, b) => a + b)).to.equal(100);
    expect([...(window.counts as number[])].reduce((a, b) => a + b)).to.equal(36);
    const lumped = { edges: [1, 2, 3], counts: [0, 0, 0, 9] };
    expect(coarse(lumped, { edges: [1, 2, 3], counts: [1, 0, 0, 9] }, 2)[1]).to.deep.equal({
      edges: [3],
      counts: [1, 9],
    });
    const few = { edges: [1], counts: [1, 2] };
    expect(coarse(few, few, 10)).to.deep.equal([few, few]);
  });

  it('parts merge to the counts of the whole', () => {
    expect(mergeBins(bins(1, 2, 3, 4), bins(5, 6, 7, 8))).to.deep.equal(bins(6, 8, 10, 12));
    expect(mergeBins({ counts: Uint32Array.of(1, 2) }, { counts: [3, 4] })).to.deep.equal({ counts: [4, 6] });
  });

  describe('refuse', () => {
    const good = bins(1, 2, 3, 4);
    const wrong: Record<string, [unknown, unknown]> = {
      'an empty window': [good, bins(0, 0, 0, 0)],
      'an empty reference': [bins(0, 0, 0, 0), good],
      'other numbers of bins': [good, { counts: [1, 2, 3] }],
      'other edges': [good, { edges: [1, 2, 4], counts: [1, 2, 3, 4] }],
      'edges on one side': [good, { counts: [1, 2, 3, 4] }],
      'edges that do not rise': [
        { edges: [1, 1, 2], counts: [1, 2, 3, 4] },
        { edges: [1, 1, 2], counts: [1, 2, 3, 4] },
      ],
      'an edge that is NaN': [
        { edges: [1, NaN, 2], counts: [1, 2, 3, 4] },
        { edges: [1, NaN, 2], counts: [1, 2, 3, 4] },
      ],
      'counts below 0': [good, bins(1, -2, 3, 4)],
      'counts that are no integers': [good, bins(1, 2.5, 3, 4)],
      'no counts': [{ counts: [] }, { counts: [] }],
      'nothing at all': [undefined, undefined],
    };
    for (const [what, [reference, window]] of Object.entries(wrong)) {
      it(what, () => {
        for (const test of Object.values(driftTests)) {
          for (const call of [
            () => test.statistic(reference as Bins, window as Bins),
            () => test.pValue(reference as Bins, window as Bins),
            () => test.threshold(0.01, reference as Bins, window as Bins),
          ]) {
            caught(call, 'ERR_INVALID_ARGUMENT');
          }
        }
      });
    }

    it('levels of 0, 1 and NaN, and categories for tests of numbers', () => {
      for (const test of Object.values(driftTests)) {
        for (const level of [0, 1, NaN, '0.1' as never]) {
          caught(() => test.threshold(level, good, good), 'ERR_INVALID_ARGUMENT');
        }
      }
      for (const name of ['ks', 'wasserstein'] as const) {
        caught(() => driftTests[name].statistic({ counts: [1, 2] }, { counts: [1, 2] }), 'ERR_INVALID_ARGUMENT');
      }
    });
  });
});
