import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import type { Model } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { contract, givenUp, modelsLoaded, rows, turn } from './contract.js';

contract('an abort', ({ load, slow, brief }) => {
  const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

  it('rejects a waiting run with the signal’s reason at once, and takes it out of the queue', async () => {
    await using model = await load('slow', { maxPending: 1 });
    const running = model.call('forward', slow.args);
    const controller = new AbortController();
    const waiting = model.call('forward', slow.endless ?? slow.args, { signal: controller.signal });
    await rejection(() => model.call('forward', brief), 'ERR_QUEUE_FULL');
    expect(model.pending).to.equal(2);
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await outcome(waiting)).to.equal(reason);
    expect(model.pending, 'the other one still runs').to.equal(1);
    const next = model.call('forward', brief); // there is room again
    await running;
    expect(model.pending, 'the one that was taken out did not come next').to.be.at.most(1);
    await next;
  });

  it('rejects a run that has started at once; it goes on in the background', async () => {
    await using model = await load('slow');
    const reason = new Error('enough');
    expect(await givenUp(model, slow.args, reason)).to.equal(reason);
    expect(model.pending).to.equal(1);
    await model.call('forward', brief); // comes after it
    expect(model.pending).to.equal(0);
  });

  it('before the call rejects it, and nothing runs', async () => {
    await using model = await load('linear');
    const reason = new Error('before');
    const answer = model.run(rows(1), { signal: AbortSignal.abort(reason) });
    expect(model.pending).to.equal(0);
    expect(await outcome(answer)).to.equal(reason);
  });

  it('may come from a signal that Node does not know, as other realms have', async () => {
    await using model = await load('linear');
    const { signal } = new AbortController();
    const foreign = {
      aborted: false,
      reason: undefined,
      addEventListener: signal.addEventListener.bind(signal),
      removeEventListener: signal.removeEventListener.bind(signal),
      throwIfAborted: signal.throwIfAborted.bind(signal),
    } as unknown as AbortSignal;
    await model.run(rows(1), { signal: foreign });
    expect(model.pending).to.equal(0);
  });

  it('after the call changes nothing, and a signal that lives on is let go of', async () => {
    await using model = await load('linear');
    const { signal, abort } = wired();
    const answer = await model.run(rows(1), { signal });
    await rejection(() => model.call('nothing', [rows(1)], { signal }), 'ERR_METHOD_NOT_FOUND');
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
    abort();
    expect(answer.shape).to.deep.equal([1, 3]);
  });

  it('ends a load whenever it comes, with the reason or with a model, and leaves nothing', async () => {
    const before = await modelsLoaded();
    const reason = new Error('no longer wanted');
    const loading = (signal: AbortSignal) => outcome(load('linear', { signal }));
    expect(await loading(AbortSignal.abort(reason)), 'before it').to.equal(reason);
    let [aborted, turns] = [0, 0];
    for (let tooLate = 0; tooLate < 3; turns = Math.ceil(turns * 1.1) + 1) {
      const { signal, abort } = wired(reason);
      const load = loading(signal);
      await turn(turns);
      abort();
      const got = await load;
      if (got === reason) ++aborted;
      else {
        expect(got, `after ${turns} turns`).to.have.property('disposed', false);
        ++tooLate;
        await (got as Model).dispose();
      }
    }
    expect(aborted).to.be.at.least(1);
    expect(await modelsLoaded()).to.equal(before);
  });
});

function wired(reason?: Error): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    abort: () => {
      controller.abort(reason);
    },
  };
}
