import { expect } from 'chai';
import { BatchQueue } from '#dist/batching/queue.js';
import { FakeEngine, rowsOf } from '../support/fake-engine.js';
import { rejection } from '../support/errors.js';
import { Tensor } from '../support/internals.js';
import { turns } from '../support/turn.js';

const first = (tensor: Tensor): number => Number(tensor.data[0]);

describe('BatchQueue: forming batches and limits', () => {
  describe('forming batches', () => {
    it('puts the calls of one turn into one batch, in order, each getting its own rows', async () => {
      const engine = new FakeEngine();
      const queue = new BatchQueue(engine.model, { checkRows: 0 });
      const answers = await Promise.all([1, 2, 3].map((sentinel) => queue.run(rowsOf(sentinel, sentinel))));
      expect(engine.batches).to.have.length(1);
      expect(engine.batches[0]?.sentinels).to.deep.equal([1, 2, 2, 3, 3, 3]);
      answers.forEach((answer, i) => {
        expect(answer.shape).to.deep.equal([i + 1, 4]);
        expect([...answer.data]).to.deep.equal(new Array((i + 1) * 4).fill(2 * (i + 1)));
      });
    });

    it('counts rows, not requests', async () => {
      const engine = new FakeEngine();
      const queue = new BatchQueue(engine.model, { checkRows: 0, maxBatchSize: 4 });
      await Promise.all([3, 3, 1].map((count, i) => queue.run(rowsOf(i, count))));
      expect(engine.batches.map(({ sentinels }) => sentinels.length)).to.deep.equal([3, 4]);
      expect(queue.stats().closed).to.include({ size: 2, idle: 0 });
    });

    it('takes what queued while the instance was busy, without a timer', async () => {
      const engine = new FakeEngine({ stepped: true });
      const queue = engine.queue();
      const one = queue.run(rowsOf(1));
      await turns();
      const rest = [2, 3, 4].map((sentinel) => queue.run(rowsOf(sentinel)));
      await turns();
      expect(engine.batches).to.have.length(1);
      await engine.finish();
      expect(engine.clock.pending, 'no timer').to.equal(0);
      await engine.finish();
      await Promise.all([one, ...rest]);
      expect(engine.batches.map(({ sentinels }) => sentinels)).to.deep.equal([[1], [2, 3, 4]]);
    });

    it('keeps shapes, dtypes, methods, names and other arguments apart', async () => {
      const engine = new FakeEngine();
      const queue = new BatchQueue(engine.model, { checkRows: 0, rowIndependent: true });
      const wide = (sentinel: number): Tensor => rowsOf(sentinel, 1, 8);
      await Promise.all([
        queue.run(rowsOf(1)),
        queue.run(wide(2)),
        queue.call('forward', [rowsOf(3), 'a']),
        queue.call('forward', [rowsOf(4), 'b']),
        queue.call('other', [rowsOf(5)]),
        queue.call('forward', [rowsOf(6), 'a']),
        queue.run(rowsOf(7)),
      ]);
      expect(engine.batches.map(({ sentinels }) => sentinels)).to.deep.equal([[1, 7], [2], [3, 6], [4], [5]]);
      expect(queue.stats().closed.shape).to.equal(4);
    });

    it('splits a request that is larger than a batch and rejoins its rows in order', async () => {
      const engine = new FakeEngine();
      const queue = new BatchQueue(engine.model, { checkRows: 0, maxBatchSize: 4 });
      const data = Float32Array.from({ length: 20 }, (_, i) => i);
      const answer = await queue.run(new Tensor('float32', data, [10, 2]));
      expect([...answer.data]).to.deep.equal([...data].map((value) => 2 * value));
      expect(answer.shape).to.deep.equal([10, 2]);
      expect(engine.batches.map(({ sentinels }) => sentinels.length)).to.deep.equal([4, 4, 2]);
    });

    it('pads to the next allowed size by repeating the last row, and drops what comes of it', async () => {
      const engine = new FakeEngine();
      const queue = new BatchQueue(engine.model, { checkRows: 0, maxBatchSize: 8, allowedBatchSizes: [8, 1, 4] });
      const answers = await Promise.all([1, 2, 3].map((sentinel) => queue.run(rowsOf(sentinel))));
      expect(engine.batches[0]?.sentinels).to.deep.equal([1, 2, 3, 3]);
      expect(answers.map(first)).to.deep.equal([2, 4, 6]);
      expect(queue.stats()).to.include({ rows: 3, paddedRows: 1 });
    });

    it('uses the inputs as they were at the call', async () => {
      const engine = new FakeEngine();
      const queue = new BatchQueue(engine.model, { checkRows: 0 });
      const x = rowsOf(1);
      const answer = queue.run(x);
      x.data.fill(99 as never);
      expect(first(await answer)).to.equal(2);
    });

    it('keeps as many batches in flight as there are instances', async () => {
      const engine = new FakeEngine({ instances: 3, runMs: () => 5 });
      const queue = engine.queue({ maxBatchSize: 1 });
      await engine.clock.drive(Promise.all(Array.from({ length: 12 }, (_, i) => queue.run(rowsOf(i)))));
      expect(engine.mostInFlight).to.equal(3);
    });

    it('hands a full batch over ahead of its time while short ones run, and none that could still grow', async () => {
      const engine = new FakeEngine({ maxPending: 9, runMs: () => 2 });
      const queue = engine.queue({ maxBatchSize: 2 });
      await engine.clock.drive(queue.run(rowsOf(0))); // now its time is known
      const answers = [1, 2, 3, 4, 5, 6].map((sentinel) => queue.run(rowsOf(sentinel)));
      await turns();
      expect(queue.stats()).to.include({ batchesInFlight: 2, waitingRows: 2 });
      await engine.clock.drive(Promise.all(answers));
      const busy = [queue.run(rowsOf(7, 2)), queue.run(rowsOf(8))];
      await turns();
      expect(queue.stats()).to.include({ batchesInFlight: 1, waitingRows: 1 });
      await engine.clock.drive(Promise.all(busy));
    });

    it('hands nothing over ahead of long batches, or to a model that lets none wait', async () => {
      for (const options of [
        { maxPending: 9, runMs: () => 12 },
        { maxPending: 0, runMs: () => 2 },
      ]) {
        const engine = new FakeEngine(options);
        const queue = engine.queue({ maxBatchSize: 2 });
        await engine.clock.drive(queue.run(rowsOf(0)));
        const answers = [1, 2, 3, 4].map((sentinel) => queue.run(rowsOf(sentinel)));
        await turns();
        expect(queue.stats()).to.include({ batchesInFlight: 1, waitingRows: 2 });
        await engine.clock.drive(Promise.all(answers));
      }
    });
  });

  describe('maxDelayMs', () => {
    it('is skipped when nothing is in flight', async () => {
      const engine = new FakeEngine();
      const queue = engine.queue({ maxDelayMs: 5000 });
      await queue.run(rowsOf(1)); // while the clock stands still
      expect(queue.stats().closed).to.include({ idle: 1, delay: 0 });
    });

    it('holds a batch back until the oldest has waited that long', async () => {
      const engine = new FakeEngine({ instances: 2, stepped: true });
      const queue = engine.queue({ maxDelayMs: 40, maxBatchSize: 8 });
      const busy = queue.run(rowsOf(1));
      await turns();
      const two = queue.run(rowsOf(2, 2));
      await turns();
      engine.clock.advance(10);
      const three = queue.run(rowsOf(3, 2));
      await turns();
      engine.clock.advance(29);
      await turns();
      expect(engine.batches, 'a millisecond before').to.have.length(1);
      engine.clock.advance(1);
      await turns();
      expect(engine.batches[1]?.sentinels).to.deep.equal([2, 2, 3, 3]);
      expect(queue.stats().closed.delay).to.equal(1);
      await engine.finishAll(Promise.all([busy, two, three]));
    });

    it('is cut short when the batch is full', async () => {
      const engine = new FakeEngine({ instances: 2, stepped: true });
      const queue = engine.queue({ maxDelayMs: 10_000, maxBatchSize: 4 });
      const busy = queue.run(rowsOf(1));
      await turns();
      const two = queue.run(rowsOf(2, 2));
      await turns();
      expect(engine.batches).to.have.length(1);
      const three = queue.run(rowsOf(3, 2));
      await turns();
      expect(engine.batches[1]?.sentinels).to.have.length(4);
      await engine.finishAll(Promise.all([busy, two, three]));
    });

    it('heeds the deadline of every waiting request, not of the first alone', async () => {
      const engine = new FakeEngine({ instances: 2, stepped: true });
      const queue = engine.queue({ maxDelayMs: 10_000, maxBatchSize: 8 });
      const busy = queue.run(rowsOf(1));
      await turns();
      const patient = queue.run(rowsOf(2, 2));
      const impatient = queue.run(rowsOf(3, 2), { timeoutMs: 120 });
      await turns();
      engine.clock.advance(59);
      await turns();
      expect(engine.batches, 'before half of its time').to.have.length(1);
      engine.clock.advance(1);
      await turns();
      expect(engine.batches[1]?.sentinels).to.deep.equal([2, 2, 3, 3]);
      await engine.finishAll(Promise.all([busy, patient, impatient]));
    });

    it('of one group keeps no other waiting', async () => {
      const engine = new FakeEngine({ instances: 2, stepped: true });
      const queue = engine.queue({ maxDelayMs: 10_000, maxBatchSize: 4 });
      const busy = queue.run(rowsOf(1));
      await turns();
      const held = queue.run(rowsOf(2, 2));
      const full = queue.run(rowsOf(3, 4, 8)); // of another shape
      await turns(); // while the clock stands still
      expect(engine.batches.map(({ sentinels }) => sentinels)).to.deep.equal([[1], [3, 3, 3, 3]]);
      await engine.finish(engine.batches[1]);
      expect((await full).shape).to.deep.equal([4, 8]);
      expect(queue.stats()).to.include({ waitingRows: 2 });
      await engine.finish();
      await turns();
      await engine.finishAll(Promise.all([busy, held]));
    });

    it('looks at each group once, however many are held', async () => {
      const engine = new FakeEngine({ instances: 3, stepped: true });
      const queue = engine.queue({ maxDelayMs: 10_000, maxBatchSize: 4, maxQueueSize: 4000 });
      const busy = queue.run(rowsOf(0));
      await turns();
      const controller = new AbortController();
      const held = Array.from({ length: 2000 }, (_, i) =>
        queue.call('forward', [rowsOf(1), i], { signal: controller.signal }),
      );
      await turns();
      const before = engine.clock.reads; // the time is asked for once for each group that is looked at
      const full = queue.run(rowsOf(2, 4)); // a full batch of its own
      await turns();
      expect(engine.batches).to.have.length(2);
      expect(engine.clock.reads - before).to.be.within(2000, 2050); // pair by pair it would be millions
      controller.abort();
      await engine.finishAll(Promise.allSettled([busy, full, ...held]));
    });

    it('is cut short by a deadline', async () => {
      const engine = new FakeEngine({ instances: 2, stepped: true });
      const queue = engine.queue({ maxDelayMs: 10_000, maxBatchSize: 8 });
      const busy = queue.run(rowsOf(1));
      await turns();
      const two = queue.run(rowsOf(2, 2), { timeoutMs: 150 });
      await turns();
      engine.clock.advance(75);
      await turns();
      expect(queue.stats().closed.deadline).to.equal(1);
      await engine.finishAll(Promise.all([busy, two]));
    });
  });

  describe('bounds', () => {
    it('refuses at once what would make more than maxQueueSize rows or maxQueueBytes wait', async () => {
      const engine = new FakeEngine({ runMs: () => 20 });
      const queue = engine.queue({ maxBatchSize: 2, maxQueueSize: 4 });
      const running = queue.run(rowsOf(0));
      await turns();
      const waiting = [queue.run(rowsOf(1, 3)).catch((error: unknown) => error), queue.run(rowsOf(2))];
      await rejection(() => queue.run(rowsOf(3)), 'ERR_QUEUE_FULL');
      expect(queue.stats()).to.include({ waitingRows: 4, waitingRequests: 3 });
      await engine.clock.drive(Promise.all([running, ...waiting]));
      expect(first(await engine.clock.drive(queue.run(rowsOf(4))))).to.equal(8);

      const bytes = new FakeEngine().queue({ maxQueueBytes: 40 });
      const accepted = [bytes.run(rowsOf(1)), bytes.run(rowsOf(2))];
      await rejection(() => bytes.run(rowsOf(3)), 'ERR_QUEUE_FULL');
      await Promise.all(accepted);
    });

    it('says so when a request could never fit', async () => {
      const queue = new BatchQueue(new FakeEngine().model, { maxQueueSize: 4 });
      await rejection(() => queue.run(rowsOf(1, 5)), 'ERR_INVALID_SHAPE');
      const { byteLength } = rowsOf(1).data;
      const bytes = new BatchQueue(new FakeEngine().model, { maxQueueBytes: 4 * byteLength, maxBatchSize: 2 });
      for (const rows of [5, 100]) {
        const { message } = await rejection(() => bytes.run(rowsOf(1, rows)), 'ERR_PAYLOAD_TOO_LARGE');
        expect(message).to.equal(
          `Expected inputs of at most ${4 * byteLength} bytes (maxQueueBytes) in a request but received ${rows * byteLength}: send fewer at once`,
        );
      }
      expect(bytes.stats().requests.refused, 'no lack of room').to.equal(0);
      await bytes.run(rowsOf(1, 4));
    });

    it('frees the place of an aborted or expired request at once', async () => {
      const engine = new FakeEngine({ stepped: true });
      const queue = engine.queue({ maxQueueSize: 1 });
      const running = queue.run(rowsOf(0));
      await turns();
      for (let i = 1; i < 500; ++i) {
        const controller = new AbortController();
        const waiting = queue.run(rowsOf(i), { signal: controller.signal });
        controller.abort(i);
        expect(await waiting.catch((reason: unknown) => reason)).to.equal(i);
        const late = rejection(() => queue.run(rowsOf(i), { timeoutMs: 2 }), 'ERR_TIMEOUT');
        engine.clock.advance(2);
        await late;
      }
      expect(queue.stats()).to.include({ waitingRows: 0, waitingRequests: 0, waitingBytes: 0 });
      await engine.finish();
      await running;
      expect(engine.batches).to.have.length(1);
    });
  });

  describe('time limits', () => {
    it('rejects a waiting request at its deadline while the instance is busy, and never runs it', async () => {
      const engine = new FakeEngine({ stepped: true });
      const queue = engine.queue({ timeoutMs: 30 });
      const running = rejection(() => queue.run(rowsOf(1)), 'ERR_TIMEOUT');
      await turns();
      engine.clock.advance(10);
      const waiting = rejection(() => queue.run(rowsOf(2)), 'ERR_TIMEOUT');
      engine.clock.advance(19);
      expect(queue.stats().requests.timedOut).to.equal(0);
      engine.clock.advance(1);
      expect(queue.stats().requests.timedOut, 'the one that runs').to.equal(1);
      engine.clock.advance(9);
      expect(queue.stats()).to.include({ waitingRows: 1 });
      engine.clock.advance(1);
      expect(queue.stats()).to.include({ waitingRows: 0, batchesInFlight: 1 });
      await Promise.all([running, waiting]);
      await engine.finishAll(queue.close());
      expect(engine.batches.map(({ sentinels }) => sentinels)).to.deep.equal([[1]]);
      expect(queue.stats().requests.timedOut).to.equal(2);
    });

    it('lets a call shorten the limit, and not lengthen it', async () => {
      const engine = new FakeEngine({ stepped: true });
      const queue = engine.queue({ timeoutMs: 40 });
      const long = rejection(() => queue.run(rowsOf(1), { timeoutMs: 10_000 }), 'ERR_TIMEOUT');
      const short = rejection(() => queue.run(rowsOf(2), { timeoutMs: 1 }), 'ERR_TIMEOUT');
      engine.clock.advance(1);
      expect(queue.stats().requests.timedOut).to.equal(1);
      await short;
      engine.clock.advance(38);
      expect(queue.stats().requests.timedOut).to.equal(1);
      engine.clock.advance(1);
      expect(queue.stats().requests.timedOut).to.equal(2);
      await long;
    });
  });

  describe('priorities', () => {
    const order = async (priorities: number[], agingMs: number, gap = 0): Promise<number[]> => {
      const engine = new FakeEngine({ stepped: true });
      const queue = engine.queue({ maxBatchSize: 1, agingMs });
      const running = queue.run(rowsOf(99));
      await turns();
      const rest: Promise<unknown>[] = [];
      for (const [i, priority] of priorities.entries()) {
        rest.push(queue.run(rowsOf(i), { priority }));
        engine.clock.advance(gap);
      }
      await engine.finishAll(Promise.all([running, ...rest]));
      return engine.batches.slice(1).map(({ sentinels }) => sentinels[0] as number);
    };

    it('starts the more urgent first, and equals in the order of submission', async () => {
      expect(await order([0, 1, 5, 2, 10, 1], 1000)).to.deep.equal([1, 5, 3, 0, 2, 4]);
    });

    it('starves no level: who has waited long enough comes first', async () => {
      expect(await order([6, 5, 5, 5], 5, 6)).to.deep.equal([0, 1, 2, 3]);
    });

    it('refuses a priority that is none', async () => {
      const queue = new BatchQueue(new FakeEngine().model);
      for (const priority of [-1, 11, 1.5, NaN]) {
        await rejection(() => queue.run(rowsOf(1), { priority }), 'ERR_INVALID_ARGUMENT');
      }
    });
  });

  describe('targetP95Ms', () => {
    it('caps the batch so that waiting for one batch and running in the next takes no longer', async () => {
      const engine = new FakeEngine({ runMs: (rows) => 2 + rows });
      const queue = engine.queue({ maxBatchSize: 64, targetP95Ms: 40 });
      for (const count of [1, 4, 8, 12]) await engine.clock.drive(queue.run(rowsOf(1, count)));
      const { fit, batchCapacity } = queue.stats();
      expect(fit?.a).to.be.closeTo(1, 1e-6);
      expect(fit?.b).to.be.closeTo(2, 1e-6);
      expect(batchCapacity).to.equal(18);
      await engine.clock.drive(Promise.all(Array.from({ length: 40 }, (_, i) => queue.run(rowsOf(i)))));
      expect(Math.max(...Object.keys(queue.stats().batchSizes).map(Number))).to.be.at.most(18);
    });
  });
});
