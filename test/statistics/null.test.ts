/** The null distributions beside an enumeration of every way to divide the pooled values. */
import { expect } from 'chai';
import { driftTests, type Bins, type DriftTestName } from '#dist/monitoring/index.js';
import { logGamma } from '#dist/statistics/special/gamma.js';

interface Division {
  readonly statistic: number;
  readonly probability: number;
  readonly reference: Bins;
  readonly window: Bins;
}

const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

function* divisions(totals: readonly number[], n: number): Generator<number[]> {
  const [first, ...rest] = totals as [number, ...number[]];
  if (rest.length === 0) {
    if (n <= first) yield [n];
    return;
  }
  for (let inWindow = 0; inWindow <= Math.min(n, first); inWindow++) {
    for (const others of divisions(rest, n - inWindow)) yield [inWindow, ...others];
  }
}

/** Every window of n values out of these bins, the furthest from its reference first. */
function every(test: DriftTestName, totals: readonly number[], n: number): Division[] {
  const edges = totals.slice(1).map((_, i) => i);
  const all = totals.reduce((sum, total) => sum + total, 0);
  const found = [...divisions(totals, n)].map((counts) => {
    const reference = { edges, counts: totals.map((total, i) => total - counts[i]!) };
    const window = { edges, counts };
    const log = counts.reduce((sum, count, i) => sum + logChoose(totals[i]!, count), -logChoose(all, n));
    const statistic = driftTests[test].statistic(reference, window);
    return { statistic, probability: Math.exp(log), reference, window };
  });
  return found.sort((a, b) => b.statistic - a.statistic);
}

/** For some divisions out of all: the p-value over the share of divisions at least so far. */
function* ratios(
  test: DriftTestName,
  totals: readonly number[],
  n: number,
): Generator<{ exact: number; ratio: number }> {
  let exact = 0;
  let wanted = 1e-9;
  const list = every(test, totals, n);
  for (const [i, { statistic, probability, reference, window }] of list.entries()) {
    exact += probability;
    if (exact < wanted || statistic - (list[i + 1]?.statistic ?? -1) < 1e-9) continue;
    yield { exact, ratio: driftTests[test].pValue(reference, window) / exact };
    wanted = exact * 3;
  }
}

const pools: [totals: number[], n: number][] = [
  [[30, 20, 10, 6], 20],
  [[300, 200, 100, 60], 40],
  [[3000, 30, 20], 60],
  [[100, 100, 100], 100],
  [[5, 7], 6],
  [[1, 1, 1, 1, 1, 1, 1, 1, 1], 4],
];

describe('null distributions', () => {
  for (const [totals, n] of pools) {
    it(`of ks are exact: ${n} out of ${totals.join(', ')}`, () => {
      const found = [...ratios('ks', totals, n)];
      expect(found).to.not.be.empty;
      for (const { exact, ratio } of found) expect(ratio, `at ${exact}`).to.be.closeTo(1, 1e-8);
    });
  }

  for (const test of ['chi2', 'psi', 'jensen-shannon', 'hellinger'] as const) {
    it(`of ${test} are exact for two bins, and near otherwise, down to 1e-4`, () => {
      for (const { ratio } of ratios(test, [5, 7], 6)) expect(ratio).to.be.closeTo(1, 1e-8);
      for (const { ratio } of ratios(test, [3000, 40], 60)) expect(ratio).to.be.closeTo(1, 1e-8);
      for (const [totals, n] of [pools[1]!, pools[3]!]) {
        for (const { exact, ratio } of ratios(test, totals, n)) {
          if (exact > 2e-2 || exact < 1e-4) continue;
          expect(ratio, `of ${n} out of ${totals.join(', ')} at ${exact}`).to.be.within(0.4, 2.1);
        }
      }
    });
  }

  it('of ks do not change when bins without values are put in', () => {
    const plain = driftTests.ks.pValue({ edges: [1], counts: [30, 20] }, { edges: [1], counts: [2, 18] });
    const more = { reference: [0, 30, 0, 20, 0], window: [0, 2, 0, 18, 0] };
    const edges = [0, 1, 2, 3];
    expect(driftTests.ks.pValue({ edges, counts: more.reference }, { edges, counts: more.window })).to.equal(plain);
  });

  for (const [name, test] of Object.entries(driftTests)) {
    it(`the threshold of ${name} is where its p-value is the level, for levels down to 1e-8`, () => {
      const edges = Array.from({ length: 19 }, (_, i) => i);
      const reference = { edges, counts: Array.from({ length: 20 }, (_, i) => 5000 - 150 * i) };
      // Values go from the lower half to the upper one by and by.
      const shifted = (by: number): Bins => ({
        edges,
        counts: reference.counts.map((count, i) => Math.round((count / 140) * (i < 10 ? 1 - by : 1 + by))),
      });
      for (const level of [0.05, 0.01, 1e-4, 1e-8]) {
        let [least, most] = [0, 0.9];
        for (let i = 0; i < 30; i++) {
          const by = (least + most) / 2;
          if (test.pValue(reference, shifted(by)) <= level) most = by;
          else least = by;
        }
        const window = shifted(most);
        const ratio = test.statistic(reference, window) / test.threshold(level, reference, window);
        expect(ratio, `at ${level}`).to.be.within(0.985, 1.04);
      }
    });

    it(`${name} says the same every time, and of equal shares nothing`, () => {
      const reference = { edges: [1, 2, 3], counts: [100, 200, 300, 400] };
      const window = { edges: [1, 2, 3], counts: [15, 20, 25, 40] };
      expect(test.pValue(reference, window)).to.equal(test.pValue(reference, window));
      const same = { edges: [1, 2, 3], counts: [10, 20, 30, 40] };
      expect(test.statistic(reference, same)).to.be.closeTo(0, 1e-12);
      expect(test.pValue(reference, same)).to.equal(1);
      const one = { edges: [1, 2, 3], counts: [0, 5, 0, 0] };
      expect(test.pValue({ ...one, counts: [0, 50, 0, 0] }, one)).to.equal(1);
    });
  }

  it('windows of 200,000 rows and references of a billion are no problem', () => {
    const counts = Array.from({ length: 64 }, (_, i) => 15_000_000 + 1000 * i);
    const edges = counts.slice(1).map((_, i) => i);
    const window = { edges, counts: counts.map((count, i) => Math.round(count / 5000) + (i < 32 ? 12 : -12)) };
    for (const test of Object.values(driftTests)) {
      const p = test.pValue({ edges, counts }, window);
      expect(p, test.name).to.be.within(0, 1);
    }
    const d = driftTests.ks.statistic({ edges, counts }, window);
    const expected = 2 * Math.exp(-2 * d * d * 192_000);
    expect(driftTests.ks.pValue({ edges, counts }, window) / expected).to.be.within(0.6, 1.05);
  });
});
