import { expect } from 'chai';
import { Backlog, type Counted } from '#dist/batching/backlog.js';

const waiting = (level: number, since: number, limit: number, rows = 1): Counted => ({
  level,
  since,
  deadline: since + limit,
  call: { rows },
  pile: undefined,
});

describe('Backlog: the least that runs before a new call', () => {
  it('is all of it where nothing expires before its turn', () => {
    const backlog = new Backlog();
    for (let i = 0; i < 100; i++) backlog.enter(waiting(5, 0, i % 2 === 0 ? Infinity : 1000));
    expect(backlog.leastUpTo(5, 0, 1)).to.equal(100);
    expect([backlog.leastUpTo(4, 0, 1), backlog.rowsUpTo(4)]).to.deep.equal([0, 0]);
  });

  it('is what starts before its own time is over', () => {
    const backlog = new Backlog();
    for (let i = 0; i < 100; i++) backlog.enter(waiting(5, 0, 1000));
    // 60 ms are left, which is time for 6 of them. One that came just now runs after those.
    expect(backlog.leastUpTo(5, 940, 10)).to.be.closeTo(6, 0.1);
    backlog.enter(waiting(5, 940, 1000));
    expect(backlog.leastUpTo(5, 940, 10)).to.be.closeTo(7, 0.1);
    backlog.enter(waiting(5, 940, Infinity, 20));
    // Those without a limit may be before all others, which have then expired but for the last.
    expect(backlog.leastUpTo(5, 940, 10)).to.be.closeTo(21, 0.1);
  });

  it('keeps no more than what waits, over a long mix', () => {
    const backlog = new Backlog();
    const live: Counted[] = [];
    for (let i = 0; i < 20_000; i++) {
      const one = waiting(1 + (i % 10), i, [0, 1, 30, 1000, 2 ** 45, Infinity][i % 6] as number, 1 + (i % 3));
      backlog.enter(one);
      live.push(one);
      if (live.length > 50) for (const gone of live.splice((i * 7) % 40, 2)) backlog.leave(gone);
    }
    const rows = live.reduce((sum, { call }) => sum + call.rows, 0);
    expect(backlog.rowsUpTo(10)).to.equal(rows);
    expect(backlog.leastUpTo(10, 0, 1e-9)).to.be.closeTo(rows, 1e-3);
    for (const one of live) backlog.leave(one);
    expect([backlog.rowsUpTo(10), backlog.leastUpTo(10, 0, 1), backlog.piles <= 60]).to.deep.equal([0, 0, true]);
  });
});
