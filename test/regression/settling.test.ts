/** serving.md §3 row 7: batchers that hang, lose requests, or give one request's rows to another. */
import { expect } from 'chai';
import { BatchQueue, Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { seeded } from '../support/random.js';
import { DigitServer, expectDigit, expectPrediction, fixtureModel, row } from '../support/regression.js';

const tanh2 = (value: number): number => 2 * Math.tanh(value);

describe('every request settles, once, with its own rows', () => {
  // An exception of the sizing callback ended the batching task: this request and all after it hung.
  it('RAY#66140: what throws while a call is sized or copied fails that call alone', async () => {
    await using model = await fixtureModel('row_independent', row(1));
    await using queue = new BatchQueue(model);
    const trap = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: (): never => {
        throw new TypeError('trap');
      },
    }) as Record<string, Tensor>;
    const answers = await Promise.allSettled([
      queue.run(row(1)),
      queue.call('forward', trap),
      queue.run(null as never),
      queue.run(new Tensor('float32', new Float32Array(0), [0, 4])),
      queue.run(row(2)),
    ]);
    expect(answers.map(({ status }) => status[0]).join('')).to.equal('frrrf');
    expect((answers[1] as PromiseRejectedResult).reason).to.have.property('message', 'trap');
    expect(Number((await queue.run(row(3))).data[0])).to.be.closeTo(tanh2(3), 1e-5);
  });

  // A request put between the look at the queue and the reset of its event waited for the next one, for ever.
  it('RAY#42593: a request that comes in at any moment of a batch’s end is seen', async () => {
    await using model = await fixtureModel('row_independent', row(1));
    await using queue = new BatchQueue(model, { maxBatchSize: 4 });
    const random = seeded(42593);
    const pauses = [
      () => Promise.resolve(),
      () => new Promise<void>((resolve) => process.nextTick(resolve)),
      () => new Promise<void>((resolve) => setImmediate(resolve)),
      () => new Promise<void>((resolve) => setTimeout(resolve, 1)),
    ];
    // Each caller submits as soon as its last answer is there, or a moment later: at the very end of a batch.
    await Promise.all(
      Array.from({ length: 6 }, async (_, caller) => {
        for (let i = 0; i < 100; ++i) {
          const values = [0, 1, 2, 3, 4].map((each) => each + caller + i / 256); // more than a batch takes
          const answers = await Promise.all(values.map((value) => queue.run(row(value))));
          answers.forEach(({ data }, at) => expect(Number(data[0])).to.be.closeTo(tanh2(values[at]!), 1e-5));
          await pauses[random(pauses.length)]!();
        }
      }),
    );
    expect(queue.stats()).to.include({ waitingRequests: 0, batchesInFlight: 0 });
    expect(queue.stats().requests.completed).to.equal(3000);
  });

  // After weeks of failures and cancellations requests were accepted and no batch ran any more.
  it('RAY#38249: failures, aborts and time-outs by the hundred leave nothing behind', async () => {
    await using model = await fixtureModel('raises');
    await using queue = new BatchQueue(model, { rowIndependent: true, maxBatchSize: 8, maxQueueSize: 64 });
    const random = seeded(38249);
    const endings: Record<string, number> = {};
    const count = (ending: string): void => void (endings[ending] = (endings[ending] ?? 0) + 1);
    for (let round = 0; round < 60; ++round) {
      await Promise.all(
        Array.from({ length: 30 }, async () => {
          const kind = random(5);
          const controller = new AbortController();
          const answer = queue.run(row(kind === 0 ? -1 : 4), {
            signal: controller.signal,
            ...(kind === 1 && { timeoutMs: 1e-3 }),
          });
          if (kind === 2) controller.abort('gone');
          if (kind === 3) setImmediate(() => controller.abort('gone'));
          await answer.then(
            () => count('fulfilled'),
            (error: unknown) => count((error as { code?: string }).code ?? String(error)),
          );
        }),
      );
    }
    expect(endings).to.include.keys('fulfilled', 'gone', 'ERR_MODEL_EXECUTION', 'ERR_TIMEOUT');
    expect(Object.values(endings).reduce((sum, each) => sum + each)).to.equal(1800);
    expect(Number((await queue.run(row(9))).data[0])).to.equal(3);
    const { waitingRequests, waitingRows, waitingBytes, batchesInFlight } = queue.stats();
    expect([waitingRequests, waitingRows, waitingBytes, batchesInFlight]).to.deep.equal([0, 0, 0, 0]);
  });

  // A result set on a future that its client had cancelled ended the batching loop: later requests failed or hung.
  it('RAY#41057, RAY#50046: clients that gave up do no harm to those that come after', async () => {
    await using digits = await DigitServer.open({ maxBatchSize: 4, maxQueueSize: 64 });
    const all = async (): Promise<void> => {
      const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((digit) => digits.post(digit)));
      answers.forEach((answer, i) => expectPrediction(answer, i + 1));
    };
    await all();
    for (let round = 0; round < 5; ++round) {
      const running = await digits.occupyBriefly();
      const leavers = Array.from({ length: 20 }, (_, i) =>
        fetch(`${digits.server.url}/predict`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ input_data: new Array(784).fill(0) }),
          signal: AbortSignal.timeout(1 + 5 * i), // some while they wait, some while they run, some never
        }).then(
          () => 'answered',
          () => 'left',
        ),
      );
      await Promise.all([...leavers, ...running]);
    }
    await all();
    expect(digits.queue.stats()).to.include({ waitingRequests: 0, batchesInFlight: 0 });
  });

  // Of three requests of a batch the first was answered with all three predictions, the others with none.
  it('ML#1306: three requests of a batch have one prediction each', async () => {
    await using digits = await DigitServer.open({});
    const { free, first } = await digits.occupy();
    const posted = [1, 1, 1].map((digit) => digits.post(digit)); // equal inputs, as there
    await digits.waiting(3);
    await free();
    for (const answer of await Promise.all(posted)) expectPrediction(answer, 1);
    expectDigit(await first, 0);
    expect(digits.batches.at(-1)).to.include({ requests: 3 });
  });

  // Outputs of another number of rows than the inputs were dealt out all the same: the last requests got none.
  it('ML#1306, ML#1911: an output with too few rows is an error for all, and nobody’s empty answer', async () => {
    await using model = await fixtureModel('narrow');
    await using queue = new BatchQueue(model, { rowIndependent: true });
    const answers = [1, 2, 3].map((value) => rejection(() => queue.run(row(value)), 'ERR_NOT_BATCHABLE'));
    expect((await Promise.all(answers))[0]!.message).to.match(/3 rows .*\[2, 4\]/);
  });

  // The second of two parallel requests was answered with empty data.
  it('ML#1911: two parallel requests get their own rows of every output', async () => {
    await using model = await fixtureModel('dict_output', row(1));
    await using queue = new BatchQueue(model);
    interface Sums {
      readonly sum: Tensor;
      readonly max: Tensor;
      readonly argmax: Tensor;
    }
    const x = (...values: number[]): Tensor => new Tensor('float32', Float32Array.from(values), [values.length / 2, 2]);
    const answers = await Promise.all([queue.run(x(1, 2)), queue.run(x(40, 3, 5, 6))]);
    const [one, two] = answers as unknown as [Sums, Sums];
    expect(queue.stats().batches).to.equal(1);
    expect([one.sum, one.max, one.argmax].map(({ data }) => Array.from(data, Number))).to.deep.equal([[3], [2], [1]]);
    expect([two.sum, two.max, two.argmax].map(({ data }) => Array.from(data, Number))).to.deep.equal([
      [43, 11],
      [40, 6],
      [0, 1],
    ]);
  });

  // A request alone in its batch was split into its rows and lost all but the first of what was one value for all.
  it('ML#1541: a batch of one request is that request', async () => {
    await using digits = await DigitServer.open({});
    expectDigit(await digits.run(6, {}, 5), 6, 5);
    expect(digits.batches).to.deep.equal([{ rows: 5, paddedRows: 0, requests: 1 }]);
  });

  // What a request asked for beside its tensors was taken from the first request of the batch.
  it('ML#514: requests with different arguments share no batch', async () => {
    await using model = await fixtureModel('second_method');
    await using queue = new BatchQueue(model, { rowIndependent: true });
    const x = (value: number): Tensor => new Tensor('float32', new Float32Array(3).fill(value), [1, 3]);
    const alone = await Promise.all([1, 2, 3].map((times) => model.call<Tensor>('second', [x(1), times])));
    const together = await Promise.all([1, 2, 3].map((times) => queue.call<Tensor>('second', [x(1), times])));
    expect(together.map(({ data }) => [...data])).to.deep.equal(alone.map(({ data }) => [...data]));
    expect(queue.stats().batches).to.equal(3);
  });
});
