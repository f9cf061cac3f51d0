import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor, type Model } from 'node-libtorch';
import { computeBudget } from '#dist/model/compute-budget.js';
import type { Batchable } from '#dist/model/batchable.js';
import { fixture, onnx } from '../support/paths.js';
import { rejection } from '../support/rejection.js';

const ones = (fill = 1): Tensor => new Tensor('float32', new Float32Array(256).fill(fill), [256]);
/** Long enough for what a test does meanwhile; each step takes about half a millisecond. */
const longRun = 1000;

/** Real models that share one slot: what waits, waits in JavaScript, and no engine knows of it. */
describe('models that share a compute budget', () => {
  let a: Model;
  let b: Model;
  before(async () => {
    a = await loadModel(fixture('torchscript/slow.pt'), { maxPending: 2 });
    b = await loadModel(onnx('slow'), { maxPending: 2 });
  });
  beforeEach(() => computeBudget.limit(1));
  afterEach(() => computeBudget.limit(Infinity));
  after(() => Promise.all([a.dispose(), b.dispose()]));

  const runA = (steps: number, options = {}, x = ones()) => a.call<Tensor>('forward', [x, steps], options);
  const runB = (steps: number, options = {}, x = ones()) =>
    b.call<Tensor>('forward', [x, new Tensor('int64', BigInt64Array.of(BigInt(steps)), [])], options);
  const running = (model: Model): number => (model as Batchable).busy.running;
  /** Each ran alone: the budget is open. */
  const alone = async <T>(run: () => Promise<T>): Promise<T> => {
    computeBudget.limit(Infinity);
    const answer = await run();
    computeBudget.limit(1);
    return answer;
  };

  it('run one after the other, and answer as alone', async () => {
    const expected = await alone(() => runB(3));
    const ends: string[] = [];
    const first = runA(longRun).then(() => ends.push('a'));
    const second = runB(3).then((answer) => {
      ends.push('b');
      return answer;
    });
    expect([a.pending, b.pending, computeBudget.used]).to.deep.equal([1, 1, 1]);
    const answer = await second;
    await first;
    expect(ends).to.deep.equal(['a', 'b']);
    expect([...answer.data]).to.deep.equal([...expected.data]);
    expect([a.pending, b.pending, computeBudget.used]).to.deep.equal([0, 0, 0]);
  });

  it('take the inputs as they were at the call', async () => {
    const expected = await alone(() => runB(1, {}, ones(0.25)));
    const first = runA(longRun);
    const x = ones(0.25);
    const second = runB(1, {}, x);
    (x.data as Float32Array).fill(7);
    expect([...(await second).data]).to.deep.equal([...expected.data]);
    await first;
  });

  it('count the wait as time in the queue', async () => {
    const first = a.execute('forward', [ones(), longRun]);
    const second = b.execute('forward', [ones(), new Tensor('int64', BigInt64Array.of(1n), [])]);
    const [{ timings: before }, { timings }] = await Promise.all([first, second]);
    // Half of it: this thread may have been stopped between the two calls.
    expect(timings.queueMs).to.be.above(before.runMs / 2);
  });

  it('give up a wait at once when its caller aborts or its time ends, and the slot goes to the next', async () => {
    const first = runA(longRun);
    const stop = new AbortController();
    const aborted = runB(1, { signal: stop.signal });
    const late = runB(1, { timeoutMs: 1 });
    stop.abort(new Error('left'));
    expect(await rejection(aborted)).to.have.property('message', 'left');
    expect(await rejection(late)).to.have.property('code', 'ERR_TIMEOUT');
    expect([a.pending, b.pending, running(b)]).to.deep.equal([1, 0, 0]);
    const next = runB(1);
    await Promise.all([first, next]);
    expect(computeBudget.used).to.equal(0);
  });

  it('bound what waits as the engines do', async () => {
    const first = runA(longRun);
    const waiting = [runB(1), runB(1), runB(1)];
    expect(await rejection(runB(1))).to.have.property('code', 'ERR_QUEUE_FULL');
    await Promise.all([first, ...waiting]);
  });

  for (const [engine, file] of [
    ['TorchScript', fixture('torchscript/linear.pt')],
    ['ONNX', onnx('linear')],
  ] as const) {
    it(`refuse what waits for a model that is disposed: ${engine}`, async () => {
      const c = await loadModel(file);
      const first = runA(longRun);
      const waiting = c.run(new Tensor('float32', new Float32Array(8), [2, 4]));
      expect(c.pending).to.equal(1);
      const refused = rejection(waiting);
      await c.dispose();
      expect(await refused).to.have.property('code', 'ERR_DISPOSED');
      expect([c.pending, computeBudget.used]).to.deep.equal([0, 1]);
      await first;
    });
  }

  it('form a batch when its turn comes, of all that has come by then', async () => {
    const c = await loadModel(fixture('torchscript/linear.pt'));
    const queue = new BatchQueue(c, { rowIndependent: true });
    const row = () => new Tensor('float32', new Float32Array(4), [1, 4]);
    const first = runA(longRun);
    const early = queue.run(row());
    await new Promise(setImmediate);
    const calls = Array.from({ length: 5 }, () => queue.run(row()));
    await Promise.all([first, early, ...calls]);
    expect(queue.stats().batchSizes).to.deep.equal({ 6: 1 });
    await queue.close();
    await c.dispose();
  });

  it('are as stuck as the run that keeps the slots', async () => {
    const first = runA(longRun);
    const second = runB(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { running: count, youngestMs } = (b as Batchable).busy;
    expect(count).to.equal(1);
    expect(youngestMs).to.be.within(1, performance.now());
    await Promise.all([first, second]);
    expect((b as Batchable).busy).to.deep.equal({ running: 0, oldestMs: 0, youngestMs: 0 });
  });
});
