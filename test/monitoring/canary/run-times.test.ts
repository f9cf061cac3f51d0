import { expect } from 'chai';
import type { Latencies } from '#dist/monitoring/canary/latencies.js';
import { RunTimes } from '#dist/monitoring/canary/run-times.js';

function of(...runs: readonly (readonly [rows: number, ms: number])[]): RunTimes {
  const made = new RunTimes();
  for (const [rows, ms] of runs) made.observe(rows, ms);
  return made;
}

const median = (times: Latencies) => times.quantile(0.5);
const sizeOf = (rows: number) => [...of([rows, 1]).bySize.keys()][0]!;
const most = (runs: RunTimes, rows: number) => runs.mostOf(sizeOf(rows), median);

describe('times of runs', () => {
  it('are apart by half octaves of rows, however many ran together', () => {
    expect([1, 2, 3, 4, 6, 8, 1024].map(sizeOf)).to.deep.equal([0, 2, 3, 4, 5, 6, 20]);
    expect(sizeOf(0), 'of what has no rows').to.equal(0);
    const many = of(...Array.from({ length: 10_000 }, (_, i) => [i + 1, 1] as const));
    expect(many.bySize.size).to.be.at.most(28);
  });

  it('bound those of as many rows, of fewer, and of more', () => {
    const runs = of([8, 10]);
    expect(most(runs, 8)).to.be.within(9, 11);
    expect(most(runs, 1), 'fewer take no longer').to.be.within(9, 11);
    expect(most(runs, 32), 'four times as many take at most so many times as long').to.be.within(40, 62);
    expect(most(of([8, 10], [32, 12]), 32), 'the least that any says').to.be.within(11, 13);
    expect(most(of([8, 10], [32, 12]), 16)).to.be.within(11, 13);
    expect(most(of(), 8)).to.equal(undefined);
    expect(
      runs.mostOf(sizeOf(8), () => undefined),
      'too few',
    ).to.equal(undefined);
  });

  it('add up, and go through a message', () => {
    const all = of([1, 5], [8, 10]);
    all.add(RunTimes.from(JSON.parse(JSON.stringify(of([8, 12], [64, 3]))) as never));
    expect(all.toJSON()).to.deep.equal(of([1, 5], [8, 10], [8, 12], [64, 3]).toJSON());
  });
});
