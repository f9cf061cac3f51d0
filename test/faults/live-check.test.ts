/** Rows that depend on each other in a way that no warm-up has seen: a queue that serves finds out, and stops. */
import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { BatchQueue, loadModel, ModelHost, Tensor, type Model } from 'node-libtorch';
import type { RowCheckEvent } from '#dist/batching/index.js';
import { systemClock } from '#dist/async/clock.js';
import { RowChecker } from '#dist/batching/row-check.js';
import type { Batchable } from '#dist/model/batchable.js';
import { createServer } from '#dist/server/index.js';
import { ServedModel } from '#dist/serving/served-model.js';
import { FakeEngine, rowsOf } from '../support/fake-engine.js';
import { torchError } from '../support/internals.js';
import { fixture } from '../support/paths.js';
import { seeded } from '../support/random.js';
import { keptLogger } from '../support/server/logs.js';

const row = (i: number): Tensor => Tensor.from([[i, i + 1, i + 2, i + 3.5]]);
const numbers = (tensor: Tensor): number[] => [...(tensor.data as Float32Array)];
const file = fixture('faults/rows/unseen_from_20_to_30_rows.pt');

async function warm(path = file): Promise<Model> {
  const model = await loadModel(path);
  const { rowIndependent } = await model.warmup({ example: row(1) });
  expect(rowIndependent).to.equal(true);
  return model;
}

/** y = 2x; in a batch of two rows and more, as large as its rows are many. */
const mixing = (x: Tensor): Tensor =>
  new Tensor(
    'float32',
    (x.data as Float32Array).map((v) => v * (1 + (x.shape[0] as number))),
    x.shape,
  );

describe('a batch whose rows depend on each other', () => {
  it('is found out, answered right, and the last of its kind', async () => {
    await using model = await warm();
    await using queue = new BatchQueue(model, { maxBatchSize: 24, checkRows: 1 });
    const events: RowCheckEvent[] = [];
    queue.on('rows', (event) => events.push(event));
    const inputs = Array.from({ length: 24 }, (_, i) => row(i));
    const answers = await Promise.all(inputs.map((input) => queue.run(input)));
    for (const [i, answer] of answers.entries()) {
      expect(numbers(answer)).to.deep.equal(numbers(row(i)).map((x) => 2 * x));
    }
    expect(events).to.have.length(1);
    expect(events[0]).to.include({ rows: 24, outcome: 'differs', stopped: true });
    expect(queue.stopped).to.match(/a row of a batch of 24 came out otherwise.*rowIndependent: true/);
    const { batches } = queue.stats();
    await Promise.all(inputs.map((input) => queue.run(input)));
    const stats = queue.stats();
    expect(stats.batches - batches, 'each by itself').to.equal(24);
    expect(stats.rowChecks).to.deep.equal({ checked: 1, differed: 1, failed: 0 });
    expect(stats.stopped).to.equal(queue.stopped);
    expect(stats.requests).to.include({ completed: 48, failed: 0 });
  });

  it('goes on in a queue whose caller knows, and is told', async () => {
    await using model = await warm();
    await using queue = new BatchQueue(model, { maxBatchSize: 24, checkRows: 1, rowIndependent: true });
    const events: RowCheckEvent[] = [];
    queue.on('rows', (event) => events.push(event));
    await Promise.all(Array.from({ length: 24 }, (_, i) => queue.run(row(i))));
    await queue.close(); // the answers do not wait for the check
    expect(events[0]).to.include({ outcome: 'differs', stopped: false });
    expect(queue.stopped).to.equal(undefined);
    expect(queue.stats().rowChecks.differed).to.equal(1);
  });

  it('is found out where they are one call that is larger than a batch', async () => {
    await using model = await warm();
    await using queue = new BatchQueue(model, { maxBatchSize: 24, checkRows: 1 });
    const events: RowCheckEvent[] = [];
    queue.on('rows', (event) => events.push(event));
    const data = Float32Array.from({ length: 4 * 48 }, (_, i) => Math.sin(i));
    const answer = await queue.run(new Tensor('float32', data, [48, 4]));
    expect(events[0]).to.include({ rows: 24, outcome: 'differs', stopped: true });
    expect(numbers(answer), 'as the model answers the whole call').to.deep.equal(
      numbers(await model.run(new Tensor('float32', data, [48, 4]))),
    );
  });

  it('of a random model says nothing of its rows', async () => {
    await using model = await loadModel(fixture('faults/rows/random.pt'));
    await using queue = new BatchQueue(model, { checkRows: 1, rowIndependent: true });
    const events: RowCheckEvent[] = [];
    queue.on('rows', (event) => events.push(event));
    await Promise.all([queue.run(row(1)), queue.run(row(2))]);
    await queue.close(); // the answers do not wait for the check
    expect(events[0]).to.include({ outcome: 'random', stopped: false });
    expect(queue.stopped).to.equal(undefined);
  });

  it('is no batch of independent rows, whatever their scale', async () => {
    for (const name of ['classifier.pt', 'argmax_features.pt', 'layer_norm.pt', 'linear.onnx', 'attention.pt2']) {
      await using model = await loadModel(fixture(`faults/rows/${name}`));
      const shape = name === 'attention.pt2' ? [1, 3, 4] : [1, 4];
      const input = (i: number): Tensor => {
        const data = Float32Array.from(
          { length: shape.reduce((a, b) => a * b) },
          (_, at) => Math.sin(i + at) * 10 ** (i % 7),
        );
        return new Tensor('float32', data, shape);
      };
      await model.warmup({ example: input(0) });
      // A queue would check few of these short batches: checks take 1 % of the time.
      const below = seeded(7);
      const checker = new RowChecker(model as Batchable, 1, systemClock, () => below(1000) / 1000);
      checker.ran(Number.MAX_SAFE_INTEGER);
      for (let i = 0; i < 50; ++i) {
        const calls = [0, 1, 2, 3].map((k) => (model as Batchable).prepare('forward', [input(4 * i + k)]));
        const { values } = await (model as Batchable).runBatch(calls);
        expect(checker.countsAsDue()).to.equal(true);
        expect(await checker.check(calls, values), `${name}, batch ${i}`).to.include({ outcome: 'same' });
      }
    }
  });

  it('is logged, counted and shown by a host', async () => {
    const host = await ModelHost.open({
      models: [{ file, warmup: { example: row(1), batchSizes: [1] }, batching: { maxBatchSize: 24, checkRows: 1 } }],
    });
    const log = keptLogger();
    const server = await createServer({ host, port: 0, logger: log.logger });
    const served = host.model();
    expect(served.notBatched).to.equal(undefined);
    await Promise.all(Array.from({ length: 24 }, (_, i) => served.run(row(i))));
    expect(served.notBatched).to.match(/a row of a batch of 24/);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).to.match(
      /node_libtorch_batch_row_checks_total{model="unseen_from_20_to_30_rows",version="1",outcome="differs"} 1/,
    );
    await server.close();
    await host.close();
    const said = log.lines().filter(({ msg }) => /not batched any more/.test(String(msg)));
    expect(said).to.have.length(1);
    expect(said[0]).to.include({ level: 'warn', model: 'unseen_from_20_to_30_rows' });
  });
});

describe('the end of batching', () => {
  for (const before of [0, 1, 2, 5]) {
    it(`is logged at once, after ${before} checks that said little`, () => {
      const queue = Object.assign(new EventEmitter(), { stopped: 'a row came out otherwise' });
      const told: string[] = [];
      const parts = { name: 'm', version: 'v1.0', model: {}, queue, notBatched: undefined, warnings: [] };
      const hooks = { rows: () => undefined, warn: ({ message }: { message: string }) => told.push(message) };
      new ServedModel(...([parts, hooks] as unknown as ConstructorParameters<typeof ServedModel>));
      const event: RowCheckEvent = { rows: 2, outcome: 'random', share: 0.5, stopped: false };
      for (let i = 0; i < before; ++i) queue.emit('rows', event);
      const said = told.length;
      queue.emit('rows', { ...event, outcome: 'failed', share: 0 });
      expect(told, 'a check that failed says nothing of the rows').to.have.length(said);
      queue.emit('rows', { ...event, outcome: 'differs', stopped: true });
      expect(told.at(-1)).to.match(/not batched any more/);
    });
  }
});

describe('checks of rows', () => {
  it('take for the same what other roundings of the input explain', async () => {
    // Steep: a batch that rounds once more answers something else altogether, as does the row alone, moved by a hair.
    const steep = (x: Tensor): Tensor => {
      const rounding = x.shape[0] === 1 ? 1 : 1 + 2 ** -23;
      return new Tensor(
        'float32',
        (x.data as Float32Array).map((v) => Math.sin(1e7 * v * rounding)),
        x.shape,
      );
    };
    const engine = new FakeEngine({ answer: steep, runMs: () => 1 });
    const queue = engine.queue({ checkRows: 1 });
    const events: RowCheckEvent[] = [];
    queue.on('rows', (event) => events.push(event));
    await engine.clock.drive(Promise.all([queue.run(rowsOf(1)), queue.run(rowsOf(2))]), 0.5);
    expect(events).to.have.length(1);
    expect(events[0]).to.include({ outcome: 'same', stopped: false }).and.have.property('share').above(0.01);
    await queue.close();
  });

  it('come once in every so many batches of several calls', async () => {
    const engine = new FakeEngine({ runMs: () => 1 });
    const queue = engine.queue({ checkRows: 5, maxBatchSize: 2 }, () => 0.5);
    let checks = 0;
    queue.on('rows', () => checks++);
    // Single calls share no run, so there is nothing to check in them.
    for (let i = 0; i < 20; ++i) await engine.clock.drive(queue.run(rowsOf(i)), 0.5);
    expect(checks).to.equal(0);
    const two = (i: number) => engine.clock.drive(Promise.all([queue.run(rowsOf(i)), queue.run(rowsOf(i))]), 0.5);
    await two(0); // the first of them is begun at once, as those before, and shares no run
    const counts: number[] = [];
    for (let i = 0; i < 600; ++i) {
      await two(i);
      counts.push(checks);
    }
    expect(counts.slice(0, 5)).to.deep.equal([0, 0, 1, 1, 1]);
    // A check takes as long as a batch here: one in a hundred is all that 1 % of the time allows.
    expect(counts.at(-1)).to.be.within(5, 8);
    await queue.close();
  });

  it('are turned off by 0, and end with the queue', async () => {
    const engine = new FakeEngine({ answer: mixing, stepped: true });
    const off = engine.queue({ checkRows: 0 });
    const two = Promise.all([off.run(rowsOf(1)), off.run(rowsOf(2))]);
    await engine.finishAll(two);
    expect(off.stats().rowChecks.checked).to.equal(0);
    const closing = engine.queue({ checkRows: 1 });
    const others = Promise.all([closing.run(rowsOf(1)), closing.run(rowsOf(2))]);
    const closed = closing.close();
    await engine.finishAll(others);
    await closed;
    expect(closing.stats().rowChecks.checked).to.equal(0);
  });

  it('lose no request: neither of the batch, nor of one that runs beside it, nor of one that waits', async () => {
    const engine = new FakeEngine({ answer: mixing, instances: 2, runMs: () => 1 });
    const queue = engine.queue({ checkRows: 1, maxBatchSize: 4 });
    const inputs = Array.from({ length: 40 }, (_, i) => i + 1);
    const answers = await engine.clock.drive(Promise.all(inputs.map((i) => queue.run(rowsOf(i)))), 0.5);
    for (const [i, answer] of answers.entries()) expect(numbers(answer)[0], `row ${i}`).to.equal(2 * (i + 1));
    expect(queue.stats().requests).to.include({ completed: 40, failed: 0, aborted: 0, timedOut: 0 });
    await queue.close();
  });

  it('leave a call whole that was cut into batches before', async () => {
    const engine = new FakeEngine({ answer: mixing, runMs: () => 1 });
    const queue = engine.queue({ checkRows: 1, maxBatchSize: 4 });
    const own = (rows: number): number => 1 + rows;
    const calls = [queue.run(rowsOf(1)), queue.run(rowsOf(1)), queue.run(rowsOf(1, 10))];
    const [, , large] = await engine.clock.drive(Promise.all(calls), 0.5);
    expect(numbers(large as Tensor)).to.deep.equal(new Array(40).fill(own(10)));
    const later = await engine.clock.drive(queue.run(rowsOf(1, 7)), 0.5);
    expect(numbers(later)[0]).to.equal(own(7));
    await queue.close();
  });

  it('pad no batch once it is known that rows depend on each other', async () => {
    const engine = new FakeEngine({ answer: mixing, runMs: () => 1 });
    const queue = engine.queue({ checkRows: 1, maxBatchSize: 4, allowedBatchSizes: [2, 4] });
    const alone = await engine.clock.drive(queue.run(rowsOf(3)), 0.5);
    expect(numbers(alone)[0], 'the padding was found out').to.equal(6);
    const later = await engine.clock.drive(queue.run(rowsOf(5)), 0.5);
    expect(numbers(later)[0]).to.equal(10);
    expect(engine.batches.at(-1)?.sentinels).to.deep.equal([5]);
    await queue.close();
  });

  it('answer a batch as it is where the row cannot be run', async () => {
    let runs = 0;
    const engine = new FakeEngine({
      runMs: () => 1,
      answer: (x) => {
        if (++runs > 1) throw torchError('ERR_MODEL_EXECUTION', 'no more');
        return x;
      },
    });
    const queue = engine.queue({ checkRows: 1 });
    const answers = await engine.clock.drive(Promise.all([queue.run(rowsOf(1)), queue.run(rowsOf(2))]), 0.5);
    expect(answers.map((answer) => numbers(answer)[0])).to.deep.equal([1, 2]);
    expect(queue.stats().rowChecks).to.deep.equal({ checked: 0, differed: 0, failed: 1 });
    await queue.close();
  });
});
