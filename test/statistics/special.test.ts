import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { chiSquaredQuantile, chiSquaredTail, logBinomial } from '#dist/statistics/special/gamma.js';
import { kolmogorovExactTail } from '#dist/statistics/special/kolmogorov-exact.js';
import { kolmogorovQuantile, kolmogorovTail } from '#dist/statistics/special/kolmogorov.js';
import { normalTail } from '#dist/statistics/special/normal.js';
import { normals, uniforms } from '#dist/statistics/special/random.js';
import { root } from '../support/paths.js';

/** Arguments and, last, scipy's value. */
const table = JSON.parse(readFileSync(join(root, 'test/fixtures/statistics/special.json'), 'utf8')) as Record<
  string,
  number[][]
>;

describe('special functions', () => {
  const functions: Record<string, (...values: number[]) => number> = {
    chiSquaredTail,
    normalTail,
    kolmogorovTail,
    kolmogorovExactTail,
    logBinomial,
  };
  for (const [name, compute] of Object.entries(functions)) {
    it(`${name} is scipy's, to 1e-9 of itself`, () => {
      for (const row of table[name]!) {
        const theirs = row.at(-1)!;
        const value = compute(...row.slice(0, -1));
        // 1 minus a small number cannot have more digits than that.
        const tolerance = 1e-9 * Math.abs(theirs) + 1e-15;
        expect(Math.abs(value - theirs), `${name}(${row.slice(0, -1).join(', ')}) = ${value}`).to.be.at.most(tolerance);
      }
    });
  }

  it('quantiles invert tails', () => {
    for (const p of [0.5, 0.01, 1e-6, 1e-12]) {
      expect(kolmogorovTail(kolmogorovQuantile(p)) / p).to.be.closeTo(1, 1e-6);
      for (const degrees of [1, 9, 200]) {
        expect(chiSquaredTail(chiSquaredQuantile(p, degrees), degrees) / p).to.be.closeTo(1, 1e-6);
      }
    }
  });

  it('random numbers are the same in every run, uniform and normal', () => {
    expect([1, 2, 3].map(uniforms(5))).to.deep.equal([1, 2, 3].map(uniforms(5)));
    expect(uniforms(5)()).to.not.equal(uniforms(6)());
    const draws = (draw: () => number): number[] => Array.from({ length: 20_000 }, draw);
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value / values.length, 0);
    expect(mean(draws(uniforms(1)))).to.be.closeTo(0.5, 0.01);
    const normal = draws(normals(1));
    expect(mean(normal)).to.be.closeTo(0, 0.03);
    expect(mean(normal.map((value) => value ** 2))).to.be.closeTo(1, 0.05);
    expect(mean(normal.map((value) => value ** 4))).to.be.closeTo(3, 0.3);
  });
});
