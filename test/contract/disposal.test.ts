import { expect } from 'chai';
import { BatchQueue, Tensor, type RunOptions } from 'node-libtorch';
import type { Batchable } from '#dist/model/batchable.js';
import { rejection } from '../support/errors.js';
import { contract, modelsLoaded, onceStarted, rows, turn } from './contract.js';

contract('disposal', ({ load, slow, brief }) => {
  it('lets what runs finish, drops what waits, and refuses what comes', async () => {
    await onceStarted(async (turns) => {
      const model = await load('slow');
      const order: string[] = [];
      const running = model.call('forward', slow.args).finally(() => order.push('run'));
      const ended = running.catch((error: unknown) => error);
      await turn(turns);
      const waiting = rejection(() => model.call('forward', slow.endless ?? slow.args), 'ERR_DISPOSED');
      const disposed = Promise.all([model.dispose(), model.dispose()]).then(() => order.push('disposal'));
      expect(model.disposed).to.equal(true);
      await rejection(() => model.call('forward', brief), 'ERR_DISPOSED');
      await waiting;
      const answer = await ended;
      await disposed;
      expect(order).to.deep.equal(['run', 'disposal']);
      expect(model.pending).to.equal(0);
      await model.dispose();
      // Had it not started, it was dropped like the other.
      if (!(answer instanceof Tensor)) await rejection(() => running, 'ERR_DISPOSED');
      return answer instanceof Tensor;
    });
  });

  it('refuses every kind of call', async () => {
    const model = await load('linear');
    expect(model.disposed).to.equal(false);
    await model.dispose();
    const calls = [
      () => model.run(rows(1)),
      () => model.call('forward', [rows(1)]),
      () => model.execute('forward', [rows(1)]),
      () => model.warmup({ example: rows(2) }),
    ];
    for (const call of calls) await rejection(call, 'ERR_DISPOSED');
  });

  it('comes before everything else that may be wrong with a call', async () => {
    const model = (await load('linear')) as Batchable;
    const queue = new BatchQueue(model, { rowIndependent: true });
    await model.dispose();
    const aborted = AbortSignal.abort(new Error('given up'));
    const wrong = [rows(1), undefined, 'x', Tensor.from([1]), [], { nothing: 1 }, () => 1] as unknown as Tensor[];
    const options = [undefined, { timeout: 5 }, { timeoutMs: -1 }, 5, { signal: aborted }] as RunOptions[];
    for (const input of wrong) {
      for (const given of options) {
        await rejection(() => model.run(input, given), 'ERR_DISPOSED');
        await rejection(() => model.call('nothing', input as never, given), 'ERR_DISPOSED');
        await rejection(() => model.call('forward', input as never, given), 'ERR_DISPOSED');
        await rejection(() => model.execute('forward', input as never, given), 'ERR_DISPOSED');
        await rejection(() => model.warmup(given), 'ERR_DISPOSED');
        await rejection(() => queue.run(input, given), 'ERR_DISPOSED');
        await rejection(() => queue.call('forward', input as never, given), 'ERR_DISPOSED');
      }
      await rejection(() => model.prepare('nothing', input as never), 'ERR_DISPOSED');
    }
    await rejection(() => new BatchQueue(model, { rowIndependent: true }), 'ERR_DISPOSED');
    await queue.close();
  });

  it('leaves the answers alone', async () => {
    const model = await load('linear');
    const answer = await model.run(rows(50));
    const values = [...answer.data];
    await model.dispose();
    expect([...answer.data]).to.deep.equal(values);
  });

  it('takes the model from the list, as does the end of a scope', async () => {
    const before = await modelsLoaded();
    {
      await using model = await load('linear');
      expect(model.disposed).to.equal(false);
      expect(await modelsLoaded()).to.equal(before + 1);
    }
    expect(await modelsLoaded()).to.equal(before);
  });

  it('touches no other model of the same file', async () => {
    await using model = await load('linear');
    await (await load('linear')).dispose();
    expect((await model.run(rows(1))).shape).to.deep.equal([1, 3]);
  });
});
