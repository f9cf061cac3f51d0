import { expect } from 'chai';
import { BatchQueue } from '#dist/batching/queue.js';
import { describe as describeValue } from '#dist/errors.js';
import { FakeEngine, rowsOf } from '../support/fake-engine.js';
import { rejection } from '../support/errors.js';
import { Tensor } from '../support/internals.js';
import { turns } from '../support/turn.js';

const first = (tensor: Tensor): number => Number(tensor.data[0]);

describe('BatchQueue: failures and refusals', () => {
  describe('failures', () => {
    it('runs the requests of a failed batch alone, so that only the one at fault fails', async () => {
      const engine = new FakeEngine({ isPoison: (sentinel) => sentinel === 13 });
      const queue = new BatchQueue(engine.model, { checkRows: 0 });
      const answers = await Promise.allSettled([1, 13, 2].map((sentinel) => queue.run(rowsOf(sentinel))));
      expect(answers.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
      expect(engine.batches.map(({ sentinels }) => sentinels)).to.deep.equal([[1, 13, 2], [1], [13], [2]]);
      expect(queue.stats()).to.include({ isolated: 3 });
      expect(first(await queue.run(rowsOf(5)))).to.equal(10);
    });

    it('never retries after out of memory', async () => {
      const engine = new FakeEngine({ isPoison: () => true, failWith: 'ERR_OUT_OF_MEMORY' });
      const queue = new BatchQueue(engine.model, { checkRows: 0 });
      await Promise.all([1, 2].map((i) => rejection(() => queue.run(rowsOf(i)), 'ERR_OUT_OF_MEMORY')));
      expect(engine.batches).to.have.length(1);
    });

    it('gives isolation up after three hopeless batches, until one succeeds', async () => {
      let broken = true;
      const engine = new FakeEngine({ isPoison: () => broken });
      const queue = new BatchQueue(engine.model, { checkRows: 0 });
      const pair = (): Promise<unknown> => Promise.allSettled([1, 2].map((i) => queue.run(rowsOf(i))));
      for (let i = 0; i < 3; ++i) await pair();
      expect(engine.batches).to.have.length(9);
      await pair();
      expect(engine.batches, 'not isolated').to.have.length(10);
      broken = false;
      await pair();
      broken = true;
      await pair();
      expect(engine.batches, 'isolated again').to.have.length(14);
    });

    it('fails a split request as one, and takes its other parts out of the queue', async () => {
      const engine = new FakeEngine({ isPoison: (sentinel) => sentinel === 0 });
      const queue = new BatchQueue(engine.model, { checkRows: 0, maxBatchSize: 1 });
      const data = Float32Array.from({ length: 50 }, (_, i) => i);
      await rejection(() => queue.run(new Tensor('float32', data, [50, 1])), 'ERR_MODEL_EXECUTION');
      expect(engine.batches.length).to.be.below(4);
      expect(queue.stats().waitingRows).to.equal(0);
    });

    const misshapen: [string, (x: Tensor) => unknown][] = [
      ['one row too few', (x) => new Tensor('float32', new Float32Array(0), [(x.shape[0] as number) - 1, 0])],
      ['a scalar', () => 1],
      ['a tensor without rows', () => new Tensor('float32', new Float32Array(1), [])],
      ['a list with a string in it', (x) => [x, 'text']],
      ['null', () => null],
    ];
    for (const [what, answer] of misshapen) {
      it(`refuses an output that is ${what}`, async () => {
        const queue = new BatchQueue(new FakeEngine({ answer: answer as never }).model);
        await Promise.all([1, 2].map((i) => rejection(() => queue.run(rowsOf(i)), 'ERR_NOT_BATCHABLE')));
      });
    }

    it('gives dicts, lists and Maps of outputs to each their own rows', async () => {
      const answer = (x: Tensor) => ({ a: x, b: [x, { c: x }], m: new Map([[1, x]]) });
      const queue = new BatchQueue(new FakeEngine({ answer: answer }).model, { maxBatchSize: 3 });
      interface Answer {
        a: Tensor;
        b: [Tensor, { c: Tensor }];
        m: Map<number, Tensor>;
      }
      const answers = await Promise.all([queue.run<never>(rowsOf(1)), queue.run<never>(rowsOf(2, 5))]);
      for (const [i, { a, b, m }] of (answers as Answer[]).entries()) {
        for (const leaf of [a, b[0], b[1].c, m.get(1) as Tensor]) {
          expect(leaf.shape).to.deep.equal([i === 0 ? 1 : 5, 4]);
          expect([...leaf.data]).to.deep.equal(new Array(leaf.size).fill(i + 1));
        }
      }
    });
  });

  describe('what may not be batched', () => {
    const cases: [string, string, () => unknown][] = [
      [
        'a model that mixes rows',
        'ERR_NOT_BATCHABLE',
        () => new BatchQueue(new FakeEngine({ rowIndependent: false }).model),
      ],
      [
        'a model that was never checked',
        'ERR_NOT_BATCHABLE',
        () => new BatchQueue({ ...new FakeEngine().model, warmupReport: undefined }),
      ],
      [
        'a stateful model, whatever its owner says',
        'ERR_STATEFUL_MODEL',
        () => new BatchQueue(new FakeEngine({ stateful: true }).model, { rowIndependent: true }),
      ],
      [
        'an unsorted maximum',
        'ERR_INVALID_ARGUMENT',
        () => new BatchQueue(new FakeEngine().model, { allowedBatchSizes: [1, 16] }),
      ],
      ['a batch of no size', 'ERR_INVALID_ARGUMENT', () => new BatchQueue(new FakeEngine().model, { maxBatchSize: 0 })],
      ['a negative delay', 'ERR_INVALID_ARGUMENT', () => new BatchQueue(new FakeEngine().model, { maxDelayMs: -1 })],
      ['no model', 'ERR_INVALID_ARGUMENT', () => new BatchQueue(null as never)],
      ['options that are none', 'ERR_INVALID_ARGUMENT', () => new BatchQueue(new FakeEngine().model, 'x' as never)],
      [
        'a misspelt option',
        'ERR_INVALID_ARGUMENT',
        () => new BatchQueue(new FakeEngine().model, { maxBatchsize: 8 } as never),
      ],
      [
        'a word that is no boolean',
        'ERR_INVALID_ARGUMENT',
        () => new BatchQueue(new FakeEngine().model, { rowIndependent: 'no' as never }),
      ],
      [
        'sizes that are no list',
        'ERR_INVALID_ARGUMENT',
        () => new BatchQueue(new FakeEngine().model, { allowedBatchSizes: 0 as never }),
      ],
      [
        'a method that was not checked',
        'ERR_NOT_BATCHABLE',
        () => new BatchQueue(new FakeEngine().model).call('other', [rowsOf(1)]),
      ],
      [
        'a call without a tensor',
        'ERR_NOT_BATCHABLE',
        () => new BatchQueue(new FakeEngine().model).call('forward', [1]),
      ],
      ['no rows', 'ERR_NOT_BATCHABLE', () => new BatchQueue(new FakeEngine().model).run(rowsOf(1, 0))],
      [
        'rows that disagree',
        'ERR_NOT_BATCHABLE',
        () => new BatchQueue(new FakeEngine().model).call('forward', [rowsOf(1, 2), rowsOf(1, 3)]),
      ],
      [
        'tensors inside a list',
        'ERR_NOT_BATCHABLE',
        () => new BatchQueue(new FakeEngine().model).call('forward', [rowsOf(1), [rowsOf(1)]]),
      ],
    ];
    for (const [what, code, action] of cases) it(`refuses ${what} with ${code}`, () => rejection(action, code));

    it('takes its owner’s word for row independence', async () => {
      const queue = new BatchQueue(new FakeEngine({ rowIndependent: false }).model, { rowIndependent: true });
      expect(first(await queue.run(rowsOf(2)))).to.equal(4);
    });
  });

  describe('neighbours', () => {
    it('never share a mutable argument', async () => {
      const engine = new FakeEngine();
      const queue = new BatchQueue(engine.model, { checkRows: 0 });
      const mine = [1];
      const first = queue.call('forward', [rowsOf(1), mine]);
      const second = queue.call('forward', [rowsOf(2), [1]]);
      mine[0] = 2;
      await Promise.all([first, second]);
      expect(engine.batches.map(({ args }) => args[1])).to.deep.equal([[1]]);
    });

    it('are not failed by what no model can take: it is refused at its own call', async () => {
      const queue = new BatchQueue(new FakeEngine().model);
      const cyclic: unknown[] = [];
      cyclic.push(cyclic);
      const wrong = [new Set(), new Date(), cyclic, () => 1, Symbol('s')].map((value) =>
        rejection(() => queue.call('forward', [rowsOf(1), value as never]), 'ERR_INVALID_INPUT'),
      );
      for (const args of [null, 5, rowsOf(1)])
        await rejection(() => queue.call('forward', args as never), 'ERR_INVALID_INPUT');
      expect(first(await queue.call<Tensor>('forward', [rowsOf(3), {}]))).to.equal(6);
      await Promise.all(wrong);
    });

    it('see a Buffer’s bytes as they were at the call', async () => {
      const answer = (x: Tensor) => x;
      const queue = new BatchQueue(new FakeEngine({ answer }).model);
      const bytes = Buffer.from([7]);
      const run = queue.run(new Tensor('uint8', bytes, [1, 1]));
      bytes[0] = 9;
      expect(first(await run)).to.equal(7);
    });
  });

  for (const thrown of [new Error('listener'), null, 5, Symbol(), Object.create(null)] as unknown[]) {
    it(`goes on when a listener of its batches throws ${describeValue(thrown)}`, async () => {
      const warnings: Error[] = [];
      const note = (warning: Error): void => void warnings.push(warning);
      process.on('warning', note);
      const queue = new BatchQueue(new FakeEngine().model, { maxBatchSize: 1 });
      queue.on('batch', () => {
        throw thrown;
      });
      expect((await Promise.all([1, 2, 3].map((i) => queue.run(rowsOf(i))))).map(first)).to.deep.equal([2, 4, 6]);
      await queue.close();
      await turns();
      process.off('warning', note);
      expect(warnings.map(({ message }) => message).join()).to.match(/listener/);
    });
  }

  it('tells listeners of batches what is public, and of the spans the server alone', async () => {
    const queue = new BatchQueue(new FakeEngine().model, { checkRows: 0 });
    const told: (readonly [string, number])[] = [];
    queue.on('batch', (...all: unknown[]) => told.push(['batch', all.length]));
    queue.on('traced', (...all) => told.push(['traced', all[1].carried.length]));
    await queue.run(rowsOf(1));
    await queue.run(rowsOf(1), { span: { ran: () => undefined } });
    await queue.close();
    expect(told).to.deep.equal([
      ['batch', 1],
      ['traced', 1],
      ['batch', 1],
    ]);
  });

  it('hears of an abort or a close that the arguments themselves bring about', async () => {
    const engine = new FakeEngine();
    const queue = new BatchQueue(engine.model, { checkRows: 0 });
    const controller = new AbortController();
    const aborting = Object.defineProperty([rowsOf(1)], 1, { get: () => (controller.abort('in a getter'), 1) });
    const run = queue.call('forward', aborting, { signal: controller.signal });
    expect(await run.catch((reason: unknown) => reason)).to.equal('in a getter');
    const closing = Object.defineProperty([rowsOf(1)], 1, { get: () => (void queue.close(), 1) });
    await rejection(() => queue.call('forward', closing), 'ERR_DRAINING');
    expect(engine.batches).to.have.length(0);
  });

  describe('close', () => {
    it('takes no more calls and waits for those it has', async () => {
      const engine = new FakeEngine({ stepped: true });
      const queue = engine.queue({ maxBatchSize: 1 });
      const answers = [1, 2, 3].map((i) => queue.run(rowsOf(i)));
      let isClosed = false;
      const closed = queue.close().then(() => (isClosed = true));
      await rejection(() => queue.run(rowsOf(4)), 'ERR_DRAINING');
      for (let i = 0; i < 3; ++i) {
        await turns();
        expect(isClosed, `after ${i} batches`).to.equal(false);
        await engine.finish();
      }
      await closed;
      expect((await Promise.all(answers)).map(first)).to.deep.equal([2, 4, 6]);
      await queue.close();
    });

    it('waits for a batch whose first request is found expired as it starts', async () => {
      const engine = new FakeEngine({ stepped: true });
      const queue = engine.queue({ maxBatchSize: 2 });
      const running = queue.run(rowsOf(1));
      await turns();
      const late = rejection(() => queue.run(rowsOf(2), { timeoutMs: 40 }), 'ERR_TIMEOUT');
      const others = [3, 4, 5].map((i) => queue.run(rowsOf(i)));
      const closed = queue.close().then(() => queue.stats().requests.completed);
      engine.clock.stall(80); // the run's end comes before the deadline's timer
      await engine.finish();
      await engine.finishAll(Promise.all([running, late, ...others]));
      expect(await closed, 'completed before it is closed').to.equal(4);
      expect(engine.mostInFlight).to.equal(1);
      expect(engine.batches.map(({ sentinels }) => sentinels)).to.deep.equal([[1], [3], [4, 5]]);
    });

    it('ends at once when there is nothing', () => new BatchQueue(new FakeEngine().model).close());
  });
});
