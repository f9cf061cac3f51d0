import { expect } from 'chai';
import { BatchQueue, type RowCheckEvent } from '#dist/batching/index.js';
import { FakeEngine, rowsOf } from '../support/fake-engine.js';
import { Tensor, torchError, type Model, type Value } from '../support/internals.js';
import { turns } from '../support/turn.js';

const first = (tensor: Tensor): number => Number(tensor.data[0]);
const rows = (tensor: Tensor): number => tensor.shape[0] as number;

function eventsOf(queue: BatchQueue): RowCheckEvent[] {
  const events: RowCheckEvent[] = [];
  queue.on('rows', (event) => events.push(event));
  return events;
}

/** A queue that checks every batch, over a model that the test may change. */
function queueOver(engine: FakeEngine, change: (model: Model) => void, random: () => number = () => 0): BatchQueue {
  const { model } = engine;
  change(model);
  return new BatchQueue(model, { checkRows: 1, maxBatchSize: 4 }, engine.clock, random);
}

/** The process warnings that come while some work is done. */
async function warningsOf(work: () => Promise<unknown>): Promise<string[]> {
  const found: string[] = [];
  const listener = ({ message }: Error): void => void found.push(message);
  process.on('warning', listener);
  await work();
  await turns();
  process.off('warning', listener);
  return found;
}

describe('the check of a row', () => {
  const forms: [what: string, joint: (x: Tensor) => Value, alone: (x: Tensor) => Value][] = [
    ['fewer outputs', (x) => [x, x], (x) => [x]],
    ['more outputs', (x) => [x], (x) => [x, x]],
    ['outputs where its batch had none', () => [], (x) => [x]],
    ['no outputs where its batch had some', (x) => [x], () => []],
    ['an output of another name', (x) => ({ a: x }), (x) => ({ b: x })],
    ['outputs in other lists', (x) => [[x], [x, x]], (x) => [[x, x], [x]]],
    ['a list in place of an output', (x) => x, (x) => [x]],
  ];
  for (const [what, joint, alone] of forms) {
    it(`that by itself has ${what} ends batching`, async () => {
      const engine = new FakeEngine({ answer: (x) => (rows(x) > 1 ? joint(x) : alone(x)) });
      const queue = engine.queue({ checkRows: 1 });
      const events = eventsOf(queue);
      const answers = await Promise.all([queue.run<Value>(rowsOf(1)), queue.run<Value>(rowsOf(2))]);
      expect(answers).to.deep.equal([alone(rowsOf(1)), alone(rowsOf(2))]);
      expect(events).to.deep.equal([{ rows: 2, outcome: 'differs', share: Infinity, stopped: true }]);
      expect(queue.stats().rowChecks).to.include({ checked: 1, differed: 1 });
    });
  }

  it('that cannot be run is told, and takes no more of the time than others', async () => {
    const engine = new FakeEngine({
      runMs: () => 1,
      answer: (x) => {
        if (rows(x) === 1) throw torchError('ERR_MODEL_EXECUTION', 'two rows at least');
        return x;
      },
    });
    const queue = engine.queue({ checkRows: 1 });
    const events = eventsOf(queue);
    const pairs = 250;
    for (let i = 0; i < pairs; ++i) {
      await engine.clock.drive(Promise.all([queue.run(rowsOf(i)), queue.run(rowsOf(i))]), 0.5);
    }
    expect(engine.batches.length - pairs, 'runs of 1 ms that are checks').to.be.within(2, 3);
    expect(events).to.have.length(engine.batches.length - pairs);
    expect(events[0]).to.deep.include({ rows: 2, outcome: 'failed', share: 0, stopped: false });
    expect(events[0]?.error).to.include({ code: 'ERR_MODEL_EXECUTION' });
    expect(queue.stats().rowChecks).to.deep.equal({ checked: 0, differed: 0, failed: events.length });
  });

  it('that fails by a fault of this package is warned of, and the batch is answered', async () => {
    let calls = 0;
    // The third number chooses the call whose row is run.
    const chance = (): number => {
      if (++calls === 3) throw new Error('no chance');
      return 0;
    };
    const engine = new FakeEngine();
    const queue = queueOver(engine, () => undefined, chance);
    const events = eventsOf(queue);
    const warnings = await warningsOf(async () => {
      const answers = await Promise.all([queue.run(rowsOf(1)), queue.run(rowsOf(2))]);
      expect(answers.map(first)).to.deep.equal([2, 4]);
    });
    expect(warnings).to.deep.equal(['no chance']);
    expect(events[0]).to.include({ outcome: 'failed', stopped: false });
    expect(queue.stats()).to.include({ batchesInFlight: 0 });
    await queue.close();
  });
});
