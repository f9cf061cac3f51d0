import { expect } from 'chai';
import type { BatchQueue } from '#dist/batching/index.js';
import { FakeEngine, rowsOf } from '../support/fake-engine.js';
import { turns } from '../support/turn.js';

const outcome = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'answered',
    (error: unknown) => (error as { code: string }).code,
  );

describe('BatchQueue: shares of a full queue', () => {
  /** A queue whose only instance is busy, so that everything that comes waits. */
  const busy = async (maxQueueSize: number, more = {}) => {
    const engine = new FakeEngine({ stepped: true });
    const queue = engine.queue({ maxQueueSize, maxBatchSize: 4, ...more });
    const first = queue.run(rowsOf(0));
    await turns();
    let sentinel = 0;
    const ask = (client: string | undefined, rows = 1) =>
      outcome(queue.run(rowsOf(++sentinel, rows), client === undefined ? {} : { client }));
    return { engine, queue, first, ask };
  };
  const many = (count: number, ask: () => Promise<string>) => Promise.all(Array.from({ length: count }, ask));
  const times = (count: number, what: string): string[] => Array.from({ length: count }, () => what);
  const countOf = (outcomes: readonly string[], what: string) => outcomes.filter((one) => one === what).length;

  it('give one client all of it, and refuse it more', async () => {
    const { engine, ask } = await busy(8);
    const answers = many(20, () => ask('a'));
    const outcomes = await engine.finishAll(answers);
    expect([countOf(outcomes, 'answered'), countOf(outcomes, 'ERR_QUEUE_FULL')]).to.deep.equal([8, 12]);
    expect(outcomes.slice(0, 8)).to.deep.equal(times(8, 'answered'));
  });

  it('take from the one that floods, its newest first, until both have half', async () => {
    const { engine, queue, ask } = await busy(8);
    const flood = Promise.all(Array.from({ length: 8 }, () => ask('flood')));
    await turns();
    expect([queue.isFull, queue.isFullFor('flood'), queue.isFullFor('other')]).to.deep.equal([true, true, false]);
    const other = many(6, () => ask('other'));
    const more = many(3, () => ask('flood'));
    const [flooded, others, later] = await engine.finishAll(Promise.all([flood, other, more]));
    expect(flooded).to.deep.equal([...times(4, 'answered'), ...times(4, 'ERR_QUEUE_FULL')]);
    expect(countOf(others, 'answered')).to.equal(4);
    expect(countOf(later, 'answered')).to.equal(0);
    expect(queue.stats()).to.include({ waitingRows: 0, waitingBytes: 0, waitingRequests: 0 });
    expect(queue.stats().requests).to.include({ refused: 9, aborted: 0 });
  });

  it('let a thousand clients in while one floods', async () => {
    const { engine, ask } = await busy(1024);
    const flood = many(5000, () => ask('flood'));
    const tenants = Promise.all(Array.from({ length: 1000 }, (_, i) => ask(`tenant ${i}`)));
    const [flooded, others] = await engine.finishAll(Promise.all([flood, tenants]));
    expect(countOf(others, 'answered')).to.equal(1000);
    expect(countOf(flooded, 'answered')).to.equal(24);
  });

  it('are one place each where there are more clients than places', async () => {
    const { engine, ask } = await busy(4);
    const outcomes = await engine.finishAll(
      Promise.all(['a', 'a', 'a', 'a', 'b', 'c', 'd', 'e', 'f'].map((c) => ask(c))),
    );
    expect(outcomes).to.deep.equal([
      'answered',
      ...times(3, 'ERR_QUEUE_FULL'),
      ...times(3, 'answered'),
      ...times(2, 'ERR_QUEUE_FULL'),
    ]);
  });

  it('are of bytes as well as of rows', async () => {
    const { engine, queue, ask } = await busy(1000, { maxQueueBytes: 16 * 8 });
    const flood = many(8, () => ask('flood'));
    await turns();
    expect(queue.isFullFor('flood')).to.equal(true);
    const other = many(4, () => ask('other'));
    const [flooded, others] = await engine.finishAll(Promise.all([flood, other]));
    expect([countOf(flooded, 'answered'), countOf(others, 'answered')]).to.deep.equal([4, 4]);
  });

  it('do not concern calls of nobody', async () => {
    const { engine, ask } = await busy(4);
    const own = many(4, () => ask(undefined));
    const other = ask('a');
    const [mine, theirs] = await engine.finishAll(Promise.all([own, other]));
    expect([countOf(mine, 'answered'), theirs]).to.deep.equal([4, 'ERR_QUEUE_FULL']);
  });

  it('push nobody out for a call that has no time left, nor in vain', async () => {
    const { engine, queue, ask } = await busy(8);
    // 16 batches of 10 ms are known.
    engine.clock.advance(10);
    await engine.finish();
    for (let i = 0; i < 16; i++) {
      const answer = queue.run(rowsOf(1, i % 2 === 0 ? 4 : 2));
      await turns();
      engine.clock.advance(10);
      await engine.finish();
      await answer;
    }
    const first = queue.run(rowsOf(1));
    await turns();
    const flood = many(8, () => ask('flood'));
    await turns();
    expect(await outcome(queue.run(rowsOf(3), { client: 'late', timeoutMs: 15 }))).to.equal('ERR_TIMEOUT');
    expect(queue.stats().waitingRequests).to.equal(8);
    const answers = await engine.finishAll(Promise.all([first, flood]));
    expect(answers[1]).to.deep.equal(times(8, 'answered'));
    expect(queue.stats().requests.refused).to.equal(1);
  });

  it('push nobody out where that is not enough', async () => {
    const { engine, queue, ask } = await busy(12);
    const nobodys = many(4, () => ask(undefined));
    const flood = many(8, () => ask('flood'));
    await turns();
    // Half of it is 6 rows: the flood has 2 more than that, and nobody's rows are out of reach.
    expect(await ask('other', 6)).to.equal('ERR_QUEUE_FULL');
    expect(queue.stats().waitingRows).to.equal(12);
    expect(await engine.finishAll(Promise.all([nobodys, flood]))).to.deep.equal([
      times(4, 'answered'),
      times(8, 'answered'),
    ]);
  });

  it('hold over a long mix of arrivals, ends and aborts', async () => {
    const { engine, queue, ask } = await busy(16);
    const answers: Promise<string>[] = [];
    for (let round = 0; round < 300; round++) {
      answers.push(ask('flood'), ask('flood'), ask('flood', 1 + (round % 3)), ask(`t${round % 5}`));
      const controller = new AbortController();
      answers.push(outcome(queue.run(rowsOf(1), { client: `t${round % 7}`, signal: controller.signal })));
      if (round % 2 === 0) controller.abort(Object.assign(new Error('left'), { code: 'left' }));
      if (round % 3 === 0) await engine.finish();
    }
    await engine.finishAll(Promise.all(answers));
    const { waitingRows, waitingBytes, requests, batches } = queue.stats();
    expect({ waitingRows, waitingBytes }).to.deep.equal({ waitingRows: 0, waitingBytes: 0 });
    expect(requests.completed + requests.refused + requests.aborted).to.equal(1 + answers.length);
    expect(batches).to.be.above(50);
  });
});

describe('BatchQueue: time for an answer', () => {
  const runMs = 10;
  /** A queue that has measured so many batches of 10 ms. */
  const measured = async (batches: number, more = {}) => {
    const engine = new FakeEngine({ stepped: true });
    const queue = engine.queue({ maxBatchSize: 4, maxQueueSize: 10_000, ...more });
    for (let i = 0; i < batches; i++) await runBatch(engine, queue, i % 2 === 0 ? 4 : 2, runMs);
    return { engine, queue };
  };
  const runBatch = async (engine: FakeEngine, queue: BatchQueue, rows: number, ms: number) => {
    const answer = queue.run(rowsOf(1, rows));
    await turns();
    engine.clock.advance(ms);
    await engine.finish();
    await answer;
  };
  const fill = (queue: BatchQueue, rows: number, options = {}) =>
    Promise.all(Array.from({ length: rows }, () => outcome(queue.run(rowsOf(1), options))));

  it('is refused at once when what waits before takes longer', async () => {
    const { engine, queue } = await measured(40);
    const before = fill(queue, 44); // 4 run, and 10 batches of 10 ms wait
    await turns();
    const ran = engine.batches.length;
    const late = outcome(queue.run(rowsOf(2), { timeoutMs: 90 }));
    const early = outcome(queue.run(rowsOf(3), { timeoutMs: 200 }));
    const none = outcome(queue.run(rowsOf(4)));
    expect(await late).to.equal('ERR_TIMEOUT');
    expect(engine.batches.length, 'nothing has ended meanwhile').to.equal(ran);
    expect(queue.stats().requests.refused).to.equal(1);
    await engine.finishAll(Promise.all([before, early, none]));
    expect([await early, await none]).to.deep.equal(['answered', 'answered']);
    expect(engine.batches.flatMap(({ sentinels }) => sentinels)).not.to.include(2);
  });

  it('counts only what comes before: an urgent call passes the others', async () => {
    const { engine, queue } = await measured(40);
    const before = fill(queue, 44);
    await turns();
    const urgent = outcome(queue.run(rowsOf(2), { timeoutMs: 90, priority: 1 }));
    const [, answer] = await engine.finishAll(Promise.all([before, urgent]));
    expect(answer).to.equal('answered');
  });

  it('is not refused while too little was measured', async () => {
    const { engine, queue } = await measured(10);
    const before = fill(queue, 44);
    await turns();
    const answer = outcome(queue.run(rowsOf(2), { timeoutMs: 90 }));
    await engine.finishAll(Promise.all([before, answer]));
    expect(await answer).to.equal('answered');
  });

  it('is not refused because of one batch that took very long', async () => {
    const { engine, queue } = await measured(40);
    await runBatch(engine, queue, 4, 60_000);
    const before = fill(queue, 12);
    await turns();
    const answer = outcome(queue.run(rowsOf(2), { timeoutMs: 90 }));
    await engine.finishAll(Promise.all([before, answer]));
    expect(await answer).to.equal('answered');
  });

  it('is not refused because larger batches are thought to take as much longer', async () => {
    // Single rows alone were measured; a batch of 32 takes no longer.
    const engine = new FakeEngine({ stepped: true });
    const queue = engine.queue({ maxBatchSize: 32, maxQueueSize: 10_000 });
    for (let i = 0; i < 40; i++) await runBatch(engine, queue, 1, runMs);
    const before = fill(queue, 65);
    await turns();
    const answer = outcome(queue.run(rowsOf(2), { timeoutMs: 100 }));
    await engine.finishAll(Promise.all([before, answer]));
    expect(await answer).to.equal('answered');
  });

  it('is not refused for what will have expired before its turn', async () => {
    const { engine, queue } = await measured(40);
    await engine.finishAll(fill(queue, 2)); // the calm is over: what comes in one turn is admitted together
    const before = fill(queue, 104, { timeoutMs: 40 }); // 100 wait
    await turns();
    const answers = [1, 2, 3].map(() => outcome(queue.run(rowsOf(2), { timeoutMs: 200 })));
    await turns();
    expect(queue.stats().requests.refused).to.equal(0);
    const outcomes = await engine.finishAll(Promise.all([Promise.all(answers), before]));
    expect(outcomes[0]).to.deep.equal(['answered', 'answered', 'answered']);
  });

  it('is asked for before there is a call, by its priority', async () => {
    const { engine, queue } = await measured(40);
    expect(queue.isLateFor(5), 'nothing runs').to.equal(false);
    const before = fill(queue, 44); // 4 run, and 10 batches of 10 ms wait
    await turns();
    expect([queue.isLateFor(90), queue.isLateFor(200), queue.isLateFor(Infinity)]).to.deep.equal([true, false, false]);
    expect([queue.isLateFor(90, 1), queue.isLateFor(90, 10)], 'urgent, not urgent').to.deep.equal([false, true]);
    expect(queue.stats().requests.refused, 'it was a question').to.equal(0);
    await engine.finishAll(before);
  });

  it('is not refused while nothing runs: somebody has to find out', async () => {
    const { engine, queue } = await measured(40);
    const answer = outcome(queue.run(rowsOf(2), { timeoutMs: 5 }));
    await turns();
    await engine.finish();
    expect(await answer).to.equal('answered');
  });
});

describe('BatchQueue: maxWaitMs', () => {
  const capacity = 4;
  /** A queue that has measured 40 batches of 10 ms, and whose only instance is busy. */
  const busy = async (more: object) => {
    const engine = new FakeEngine({ stepped: true });
    const queue = engine.queue({ maxBatchSize: capacity, maxQueueSize: 1000, ...more });
    for (let i = 0; i < 40; i++) {
      const answer = queue.run(rowsOf(1, i % 2 === 0 ? 4 : 2));
      await turns();
      engine.clock.advance(10);
      await engine.finish();
      await answer;
    }
    const first = outcome(queue.run(rowsOf(1, capacity)));
    await turns();
    const ask = (rows = 1, client?: string) =>
      outcome(queue.run(rowsOf(2, rows), client === undefined ? {} : { client }));
    const many = (count: number, client?: string) => Promise.all(Array.from({ length: count }, () => ask(1, client)));
    return { engine, queue, first, ask, many };
  };
  const answered = (outcomes: readonly string[]) => outcomes.filter((one) => one === 'answered').length;

  it('lets as many rows wait as run in that time', async () => {
    const { engine, queue, many } = await busy({ maxWaitMs: 55 });
    const answers = many(100);
    await turns();
    // The last one waits for five batches of 10 ms; the one that runs counts nothing.
    expect([queue.stats().waitingRows, queue.isFull]).to.deep.equal([6 * capacity, true]);
    const outcomes = await engine.finishAll(answers);
    expect(answered(outcomes)).to.equal(6 * capacity);
    expect(outcomes.at(-1)).to.equal('ERR_QUEUE_FULL');
  });

  it('lets more wait where batches take less, and never more than maxQueueSize', async () => {
    const { engine, queue, many } = await busy({ maxWaitMs: 10_000, maxQueueSize: 30 });
    const answers = many(100);
    await turns();
    expect(queue.stats().waitingRows).to.equal(30);
    await engine.finishAll(answers);
  });

  it('lets one batch wait where a single one takes longer: or none could be measured any more', async () => {
    const { engine, queue, many } = await busy({ maxWaitMs: 1 });
    const answers = many(100);
    await turns();
    expect(queue.stats().waitingRows).to.equal(capacity);
    await engine.finishAll(answers);
  });

  it('takes a call of more rows than that where nobody waits', async () => {
    const { engine, queue, ask } = await busy({ maxWaitMs: 1 });
    const large = ask(100);
    await turns();
    expect(queue.stats().waitingRows).to.equal(100);
    expect(await ask()).to.equal('ERR_QUEUE_FULL');
    expect(await engine.finishAll(large)).to.equal('answered');
  });

  it('takes a call of any size while less than a batch is before it: single rows that always wait keep out none', async () => {
    for (const rows of [capacity, capacity + 1, 100]) {
      const { engine, queue, ask, many } = await busy({ maxWaitMs: 1 });
      const singles = many(capacity - 1);
      const large = ask(rows);
      await turns();
      expect(queue.stats().waitingRows, `${rows} rows`).to.equal(capacity - 1 + rows);
      expect(await ask(rows), 'a batch is before it').to.equal('ERR_QUEUE_FULL');
      expect(await engine.finishAll(large)).to.equal('answered');
      await singles;
    }
  });

  it('is named by the refusal where it is what is broken, as the other bounds are', async () => {
    const messageOf = (answer: Promise<unknown>) => answer.then(String, (error: unknown) => (error as Error).message);
    const rowBytes = rowsOf(0).data.byteLength;
    const refusal = async (more: object, waiting: number, rows: number) => {
      const { engine, queue, many } = await busy(more);
      const before = many(waiting);
      await turns();
      const message = await messageOf(queue.run(rowsOf(3, rows)));
      await engine.finishAll(before);
      return message;
    };
    expect(await refusal({ maxWaitMs: 1 }, 4, 1)).to.equal(
      'Expected at most 4 rows (maxWaitMs) waiting; the queue is full',
    );
    expect(await refusal({ maxWaitMs: 1000, maxQueueSize: 6 }, 6, 1)).to.equal(
      'Expected at most 6 rows (maxQueueSize) waiting; the queue is full',
    );
    const maxQueueBytes = 50 * rowBytes;
    expect(await refusal({ maxQueueBytes }, 50, 1)).to.equal(
      `Expected at most ${maxQueueBytes} bytes (maxQueueBytes) waiting; the queue is full`,
    );
  });

  it('names the bound that a call broke to those who give way to it', async () => {
    const { engine, queue, many, ask } = await busy({ maxQueueBytes: 8 * rowsOf(0).data.byteLength });
    const flood = Array.from({ length: 8 }, () => queue.run(rowsOf(2), { client: 'flood' }));
    const last = flood.at(-1)?.then(String, (error: unknown) => (error as Error).message);
    const rest = Promise.allSettled(flood);
    await turns();
    const other = ask(1, 'other');
    expect(await last).to.match(/bytes \(maxQueueBytes\)/);
    await engine.finishAll(Promise.all([rest, other, many(0)]));
  });

  it('is shared by clients as the queue is', async () => {
    const { engine, many } = await busy({ maxWaitMs: 35 });
    const flood = many(100, 'flood');
    const other = many(100, 'other');
    const [flooded, others] = await engine.finishAll(Promise.all([flood, other]));
    expect([answered(flooded), answered(others)]).to.deep.equal([2 * capacity, 2 * capacity]);
  });

  it('is a number above 0', () => {
    const engine = new FakeEngine();
    for (const maxWaitMs of [0, -1, NaN, '5' as unknown as number]) {
      expect(() => engine.queue({ maxWaitMs }), String(maxWaitMs))
        .to.throw(/maxWaitMs/)
        .with.property('code', 'ERR_INVALID_ARGUMENT');
    }
  });
});
