import { expect } from 'chai';
import type { Model } from 'node-libtorch';
import { contract, mayHave, onceStarted, rows, turn } from './contract.js';

contract('instances', ({ load, slow, brief }) => {
  /** How many of three runs had started after so many turns: those that an abort does not take away. */
  const started = async (model: Model, turns: number): Promise<number> => {
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const runs = [1, 2, 3].map(() => model.call('forward', slow.args, options).catch(() => undefined));
    await turn(turns);
    controller.abort();
    await Promise.all(runs);
    const count = model.pending;
    await model.call('forward', brief);
    return count;
  };

  it('one runs one at a time', async () => {
    await using model = await load('slow');
    await onceStarted(async (turns) => {
      const count = await started(model, turns);
      expect(count).to.be.at.most(1);
      return count === 1;
    });
  });

  it('two run two at a time', async function () {
    if (!(await mayHave(2))) this.skip();
    await using model = await load('slow', { instances: 2 });
    await onceStarted(async (turns) => {
      const count = await started(model, turns);
      expect(count).to.be.at.most(2);
      return count === 2;
    });
  });

  it('a short run does not wait for a long one beside it', async function () {
    if (!(await mayHave(2)) || !slow.brief) this.skip();
    await using model = await load('slow', { instances: 2 });
    await model.warmup({ example: slow.brief });
    const order: string[] = [];
    await Promise.all([
      model.call('forward', slow.args).then(() => order.push('long')),
      model.call('forward', slow.brief).then(() => order.push('short')),
    ]);
    expect(order).to.deep.equal(['short', 'long']);
  });

  it('answer alike', async function () {
    if (!(await mayHave(2))) this.skip();
    await using model = await load('linear', { instances: 2 });
    expect(model.info.instances).to.equal(2);
    const answers = await Promise.all(Array.from({ length: 40 }, () => model.run(rows(2))));
    for (const answer of answers) expect([...answer.data]).to.deep.equal([...answers[0]!.data]);
  });
});
