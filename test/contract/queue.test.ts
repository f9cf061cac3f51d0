import { expect } from 'chai';
import { rejection } from '../support/errors.js';
import { contract, givenUp, mayHave, rows } from './contract.js';

contract('the queue', ({ load, slow, brief }) => {
  it('refuses a run beyond maxPending at once, and serves the others', async () => {
    await using model = await load('slow', { maxPending: 2 });
    const accepted = [slow.args, brief, brief].map((args) => model.call('forward', args)); // one runs, two wait
    expect(model.pending).to.equal(3);
    await rejection(() => model.call('forward', brief), 'ERR_QUEUE_FULL');
    expect(model.pending, 'nothing was waited for').to.equal(3);
    await Promise.all(accepted);
    expect(model.pending).to.equal(0);
    await model.call('forward', brief);
  });

  it('has the same bound with several instances', async function () {
    if (!(await mayHave(2))) this.skip();
    const model = await load('slow', { maxPending: 1, instances: 2 });
    const accepted = Promise.allSettled([1, 2, 3].map(() => model.call('forward', slow.args)));
    expect(model.pending).to.equal(3);
    await rejection(() => model.call('forward', brief), 'ERR_QUEUE_FULL');
    await model.dispose();
    expect((await accepted)[2]).to.have.nested.property('reason.code', 'ERR_DISPOSED');
  });

  it('with maxPending 0 serves one caller after another', async () => {
    await using model = await load('linear', { maxPending: 0 });
    for (let i = 0; i < 200; ++i) await model.run(rows(1));
  });

  it('counts a run that was given up until it ends', async () => {
    const model = await load('slow', { maxPending: 0 });
    await givenUp(model, slow.args);
    expect(model.pending).to.equal(1);
    await rejection(() => model.call('forward', brief), 'ERR_QUEUE_FULL');
    await model.dispose();
    expect(model.pending).to.equal(0);
  });

  it('runs what waits in the order in which it came', async () => {
    await using model = await load('linear');
    const order: number[] = [];
    const numbers = Array.from({ length: 50 }, (_, i) => i);
    await Promise.all(numbers.map((i) => model.run(rows(1)).then(() => order.push(i))));
    expect(order).to.deep.equal(numbers);
  });

  it('counts what is pending, and nothing that was refused', async () => {
    await using model = await load('linear');
    const runs = [1, 2].map(() => model.run(rows(1)));
    await rejection(() => model.call('nothing', [rows(1)]), 'ERR_METHOD_NOT_FOUND');
    expect(model.pending).to.equal(2);
    await Promise.all(runs);
    expect(model.pending).to.equal(0);
  });
});
