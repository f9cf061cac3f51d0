import { expect } from 'chai';
import type { Model } from 'node-libtorch';
import type { Batchable } from '#dist/model/batchable.js';
import type { Busy } from '#dist/model/engine.js';
import { contract, mayHave } from './contract.js';

const busy = (model: Model): Busy => (model as Batchable).busy;
const idle: Busy = { running: 0, oldestMs: 0, youngestMs: 0 };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function began(model: Model, running: number): Promise<void> {
  while (busy(model).running < running) await pause(1);
}

contract('what runs, and for how long', ({ load, slow }) => {
  it('counts a run from its beginning to its end, and tells its age', async () => {
    await using model = await load('slow');
    expect(busy(model)).to.deep.equal(idle);
    const run = model.call('forward', slow.args);
    const waits = model.call('forward', slow.args);
    await began(model, 1);
    await pause(20);
    const { running, oldestMs, youngestMs } = busy(model);
    expect(running, 'the second waits').to.equal(1);
    expect(oldestMs).to.be.within(15, 60_000).and.equal(youngestMs);
    await Promise.all([run, waits]);
    expect(busy(model)).to.deep.equal(idle);
  });

  it('goes on counting a run that nobody waits for any more', async () => {
    await using model = await load('slow');
    const leaves = new AbortController();
    const run = model.call('forward', slow.args, { signal: leaves.signal }).catch(() => undefined);
    await began(model, 1);
    leaves.abort();
    await run;
    expect(busy(model).running).to.equal(1);
    await model.call('forward', slow.args);
    expect(busy(model)).to.deep.equal(idle);
  });

  it('tells the oldest from the youngest of several instances', async function () {
    if (!(await mayHave(2))) this.skip();
    await using model = await load('slow', { instances: 2 });
    const first = model.call('forward', slow.args);
    await began(model, 1);
    await pause(20);
    const second = model.call('forward', slow.args);
    await began(model, 2);
    const { oldestMs, youngestMs } = busy(model);
    expect(oldestMs - youngestMs).to.be.at.least(15);
    await Promise.all([first, second]);
  });
});
