import { expect } from 'chai';
import { torchError } from '#dist/errors.js';
import { ComputeBudget } from '#dist/model/compute-budget.js';
import type { Run } from '#dist/model/engine.js';
import { WaitingRuns } from '#dist/model/waiting-runs.js';
import { rejection } from '../support/errors.js';

describe('WaitingRuns', () => {
  const run = (): Run => ({ method: 'forward', values: [], names: [], limits: {} }) as unknown as Run;

  it('ends a run that throws at once, and gives the next its turn', async () => {
    const budget = new ComputeBudget();
    budget.limit(1);
    const busy = budget.join(1, 1);
    const share = budget.join(1, 1);
    let starts = 0;
    const waiting = new WaitingRuns(share, 8, () => {
      if (++starts === 1) throw torchError('ERR_INTERNAL', 'as the test says');
      return Promise.resolve({ value: null, timings: { queueMs: 0, runMs: 1 } });
    });
    expect(busy.admits()).to.equal(true);
    busy.began();
    const first = rejection(() => waiting.add(run(), true, undefined), 'ERR_INTERNAL');
    const second = waiting.add(run(), true, undefined);
    expect(waiting.size).to.equal(2);
    busy.ended();
    await first;
    expect((await second).value).to.equal(null);
    expect([waiting.size, budget.used]).to.deep.equal([0, 0]);
  });
});
