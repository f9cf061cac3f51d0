import { expect } from 'chai';
import { Restarts } from '#dist/cli/cluster/restarts.js';

describe('cluster: when workers are started again', () => {
  const retries = (restarts: Restarts, times: number) => Array.from({ length: times }, () => restarts.couldNotStart());

  it('after a crash, until too many come within a minute', () => {
    const restarts = new Restarts();
    for (let at = 0; at < 4; at++) expect(restarts.crashed(at)).to.equal(false);
    expect(restarts.crashed(59_999)).to.equal(true);
    const slow = new Restarts();
    for (let each = 0; each < 20; each++) expect(slow.crashed(each * 15_001)).to.equal(false);
    expect(slow.crashes).to.equal(4);
  });

  it('later and later where they cannot start, however often, and that is no crash', () => {
    const restarts = new Restarts();
    expect(retries(restarts, 9)).to.deep.equal([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(retries(restarts, 2000).every((each) => each === 30_000)).to.equal(true);
    expect([restarts.crashes, restarts.crashed(0)]).to.deep.equal([0, false]);
  });

  it('soon again once one has started', () => {
    const restarts = new Restarts();
    retries(restarts, 5);
    restarts.started();
    expect(retries(restarts, 2)).to.deep.equal([500, 1000]);
  });
});
