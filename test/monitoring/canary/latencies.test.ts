import { expect } from 'chai';
import { Latencies } from '#dist/monitoring/canary/latencies.js';

function of(...times: number[]): Latencies {
  const made = new Latencies();
  for (const ms of times) made.observe(ms);
  return made;
}

describe('times of answers as counts', () => {
  it('have quantiles within a tenth, from microseconds to minutes', () => {
    for (const ms of [0.02, 0.5, 1, 7.3, 120, 4500, 600_000]) {
      for (const share of [0.05, 0.5, 0.95]) expect(of(ms).quantile(share)).to.be.within(ms / 1.1, ms * 1.1);
    }
    const spread = of(...Array.from({ length: 1000 }, (_, i) => i + 1));
    expect(spread.quantile(0.95)).to.be.within(900, 1000);
    expect(spread.slowerThan(500)).to.be.within(480, 520);
    expect(of().quantile(0.95)).to.equal(undefined);
  });

  it('hold what is shorter or longer than any edge', () => {
    const all = of(0, 1e-9, 1e12);
    expect(all.total).to.equal(3);
    expect(all.slowerThan(1)).to.equal(1);
    expect(all.slowerThan(0)).to.equal(3);
  });

  it('add up, and go through a message', () => {
    const [one, other] = [of(1, 2, 3), of(4, 500)];
    one.add(Latencies.from(JSON.parse(JSON.stringify(other)) as never));
    expect(one.total).to.equal(5);
    expect(one.toJSON()).to.deep.equal(of(1, 2, 3, 4, 500).toJSON());
  });
});
