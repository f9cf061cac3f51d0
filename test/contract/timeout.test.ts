import { expect } from 'chai';
import { rejection } from '../support/errors.js';
import { contract, rows } from './contract.js';

contract('a time-out', ({ load, slow, brief }) => {
  it('rejects with ERR_TIMEOUT when the time is over; the run goes on in the background', async () => {
    await using model = await load('slow');
    const error = await rejection(() => model.call('forward', slow.args, { timeoutMs: 30 }), 'ERR_TIMEOUT');
    expect(error.message).to.include('30 ms');
    expect(model.pending, 'it did not wait for the end of the run').to.equal(1);
    await model.call('forward', brief, { timeoutMs: 60_000 });
    expect(model.pending).to.equal(0);
  });

  it('takes a waiting run out of the queue', async () => {
    await using model = await load('slow');
    const running = model.call('forward', slow.args);
    await rejection(() => model.call('forward', slow.endless ?? slow.args, { timeoutMs: 1 }), 'ERR_TIMEOUT');
    expect(model.pending, 'the other one still runs').to.equal(1);
    await running;
    expect(model.pending).to.equal(0);
    await model.call('forward', brief);
  });

  it('that is long enough changes nothing', async () => {
    await using model = await load('linear');
    expect((await model.run(rows(2), { timeoutMs: 60_000 })).shape).to.deep.equal([2, 3]);
  });
});
