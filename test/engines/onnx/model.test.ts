import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor, type Model, type Value } from 'node-libtorch';
import { expectValue } from '../../support/cases.js';
import { rejection } from '../../support/errors.js';
import { decodeAll, onnx, onnxCases, row, steps, stepsFor } from '../../support/onnx.js';

const runMs = 300;

describe('ONNX model', function () {
  this.timeout(60_000);
  let long: Tensor;

  before(async () => {
    long = steps(await stepsFor(runMs));
  });

  describe('answers as Python’s onnxruntime', () => {
    for (const { name, file, inputs, outputs, tolerance } of onnxCases) {
      it(name, async () => {
        await using model = await loadModel(onnx(file.replace('.onnx', '')));
        const named = decodeAll(inputs);
        const wanted = decodeAll(outputs);
        const expected = Object.keys(wanted).length === 1 ? (Object.values(wanted)[0] as Value) : wanted;
        expectValue(await model.call('forward', named), expected, tolerance, 'by name');
        expectValue(await model.call('forward', Object.values(named)), expected, tolerance, 'by position');
      });
    }
  });

  it('says what it is', async () => {
    await using model = await loadModel(onnx('two'), { instances: 1 });
    expect(model.info).to.deep.include({
      ...{ engine: 'onnx', precision: 'auto', optimize: 'all', instances: 1, stateful: false },
      ...{ parameterBytes: 8, warnings: [] },
    });
    expect(model.info.device.device).to.equal('cpu');
    expect(model.info.methods).to.have.length(1);
    expect(model.info.methods[0]?.args.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect(model.signature).to.deep.equal({
      inputs: [
        { name: 'a', dtype: 'float32', shape: [null, 2] },
        { name: 'b', dtype: 'int64', shape: [null, 2] },
      ],
      outputs: [
        { name: 'sum', dtype: 'float32', shape: [null, 2] },
        { name: 'next', dtype: 'int64', shape: [null, 2] },
        { name: 'greater', dtype: 'bool', shape: [null, 2] },
      ],
    });
  });

  it('runs the graph as it is with optimize: none', async () => {
    await using model = await loadModel(onnx('linear'), { optimize: 'none' });
    expect(model.info.optimize).to.equal('none');
    expect((await model.run(new Tensor('float32', new Float32Array(4), [1, 4]))).shape).to.deep.equal([1, 3]);
  });

  describe('queue', () => {
    it('refuses a run beyond maxPending at once, and serves the others', async () => {
      await using model = await loadModel(onnx('slow'), { maxPending: 2 });
      const accepted = [1, 2, 3].map(() => model.call('forward', [row, steps(100)])); // one runs, two wait
      expect(model.pending).to.equal(3);
      await rejection(() => model.call('forward', [row, steps(1)]), 'ERR_QUEUE_FULL');
      await Promise.all(accepted);
      expect(model.pending).to.equal(0);
      await model.call('forward', [row, steps(1)]);
    });

    it('with maxPending 0 serves one caller after another', async () => {
      await using model = await loadModel(onnx('linear'), { maxPending: 0 });
      const x = new Tensor('float32', new Float32Array(4), [1, 4]);
      for (let i = 0; i < 100; ++i) await model.run(x);
    });

    it('runs two at a time on two instances', async function () {
      const { availableParallelism } = await import('node:os');
      if (availableParallelism() < 2) this.skip();
      await using model = await loadModel(onnx('slow'), { instances: 2 });
      await model.warmup({ example: [row, steps(1)] });
      const started = performance.now();
      let first = 0;
      await Promise.all([
        model.call('forward', [row, long]),
        model.call('forward', [row, steps(1)]).then(() => (first = performance.now() - started)),
      ]);
      expect(first, 'the short one did not wait for the long one').to.be.below((performance.now() - started) / 2);
    });
  });

  describe('abort and time-out', () => {
    it('rejects with the signal’s reason at once, and drops a waiting run', async () => {
      await using model = await loadModel(onnx('slow'));
      const running = model.call('forward', [row, long]);
      const controller = new AbortController();
      const waiting = model.call('forward', [row, steps(1e9)], { signal: controller.signal });
      const reason = new Error('gone');
      const started = performance.now();
      controller.abort(reason);
      expect(await waiting.catch((error: unknown) => error)).to.equal(reason);
      expect(performance.now() - started).to.be.below(runMs / 2);
      expect(model.pending).to.equal(1);
      await running; // the dropped one would never end
      await model.call('forward', [row, steps(1)]);
    });

    it('lets a running run finish in the background, keeping its slot', async () => {
      await using model = await loadModel(onnx('slow'), { maxPending: 0 });
      const controller = new AbortController();
      const running = model.call('forward', [row, long], { signal: controller.signal });
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.abort();
      expect(await running.catch((error: unknown) => (error as Error).name)).to.equal('AbortError');
      expect(model.pending).to.equal(1);
      await rejection(() => model.call('forward', [row, steps(1)]), 'ERR_QUEUE_FULL');
    });

    it('rejects with ERR_TIMEOUT when the time is over', async () => {
      await using model = await loadModel(onnx('slow'));
      const started = performance.now();
      await rejection(() => model.call('forward', [row, long], { timeoutMs: 30 }), 'ERR_TIMEOUT');
      expect(performance.now() - started).to.be.below(runMs * 0.9);
      await model.call('forward', [row, steps(1)], { timeoutMs: 60_000 });
      expect(model.pending).to.equal(0);
    });

    it('takes an already aborted signal', async () => {
      await using model = await loadModel(onnx('linear'));
      const reason = new Error('before');
      const x = new Tensor('float32', new Float32Array(4), [1, 4]);
      expect(await model.run(x, { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error)).to.equal(
        reason,
      );
      expect(model.pending).to.equal(0);
    });

    it('aborts a load', async () => {
      const controller = new AbortController();
      // When its thread has started, and has answered nothing yet.
      process.once('worker', (thread: Worker) => {
        thread.once('online', () => controller.abort(new Error('no longer wanted')));
      });
      const loading = loadModel(onnx('slow'), { signal: controller.signal });
      expect(await loading.catch((error: unknown) => (error as Error).message)).to.equal('no longer wanted');
    });
  });

  it('dispose lets what runs finish, drops what waits, and refuses what comes', async () => {
    const model = await loadModel(onnx('slow'));
    const running = model.call('forward', [row, long]);
    const waiting = rejection(() => model.call('forward', [row, steps(1)]), 'ERR_DISPOSED');
    const disposed = Promise.all([model.dispose(), model.dispose()]);
    expect(model.disposed).to.equal(true);
    await rejection(() => model.call('forward', [row, steps(1)]), 'ERR_DISPOSED');
    await waiting;
    expect(await running).to.be.instanceOf(Tensor);
    await disposed;
  });

  it('keeps the event loop free while it runs, loads and disposes (p98 of a 5 ms timer’s lateness below 20 ms)', async () => {
    await (await loadModel(onnx('slow'))).dispose(); // code that is compiled once is no matter of this test
    const delays: number[] = [];
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      delays.push(now - last - 5);
      last = now;
    }, 5);
    const model = await loadModel(onnx('slow'));
    const { timings } = await model.execute('forward', [row, long]);
    await model.dispose();
    clearInterval(timer);
    expect(timings.runMs).to.be.above(runMs / 2);
    delays.sort((a, b) => a - b);
    expect(delays.length, 'ticks').to.be.above(30);
    expect(delays[Math.floor(delays.length * 0.98)], 'p98 lateness in ms').to.be.below(20);
  });

  it('uses the input as it was when the run was submitted, and leaves the caller’s memory alone', async () => {
    await using model = await loadModel(onnx('linear'));
    const data = new Float32Array([9, 9, 1, 2, 3, 4]).subarray(2);
    const x = new Tensor('float32', data, [1, 4]);
    const before = await model.run(x);
    const run = model.run(x);
    const again = model.run(x); // waits, and is not sent yet
    data.fill(1e9);
    expect((await run).toArray()).to.deep.equal(before.toArray());
    expect((await again).toArray()).to.deep.equal(before.toArray());
    expect(data).to.have.length(4);
  });

  describe('wrong arguments', () => {
    let model: Model;
    before(async () => {
      model = await loadModel(onnx('two'));
    });
    after(() => model.dispose());
    const a = new Tensor('float32', new Float32Array(2), [1, 2]);
    const b = new Tensor('int64', new BigInt64Array(2), [1, 2]);
    const wrong: [string, string, () => unknown][] = [
      ['an unknown method', 'ERR_METHOD_NOT_FOUND', () => model.call('backward', [a, b])],
      ['a missing input', 'ERR_INVALID_INPUT', () => model.call('forward', [a])],
      ['a missing name', 'ERR_INVALID_INPUT', () => model.call('forward', { a })],
      ['an input too many', 'ERR_INVALID_INPUT', () => model.call('forward', [a, b, a])],
      ['a name too many', 'ERR_INVALID_INPUT', () => model.call('forward', { a, b, c: a })],
      ['another dtype', 'ERR_INVALID_DTYPE', () => model.call('forward', [a, a])],
      ['a lower rank', 'ERR_INVALID_SHAPE', () => model.call('forward', [new Tensor('float32', a.data, [2]), b])],
      ['an extra dimension', 'ERR_INVALID_SHAPE', () => model.call('forward', [new Tensor('float32', a.data, [1, 1, 2]), b])],
      ['a wrong width', 'ERR_INVALID_SHAPE', () => model.call('forward', [new Tensor('float32', new Float32Array(3), [1, 3]), b])],
      ['a number for a tensor', 'ERR_INVALID_INPUT', () => model.call('forward', [1, b])],
      ['null', 'ERR_INVALID_INPUT', () => model.call('forward', [null, b])],
    ]; // prettier-ignore
    for (const [what, code, action] of wrong) {
      it(`refuses ${what} with ${code}, then goes on`, async () => {
        await rejection(action, code);
        expect(Object.keys(await model.call<Record<string, Value>>('forward', [a, b]))).to.deep.equal([
          'sum',
          'next',
          'greater',
        ]);
      });
    }

    it('refuses them as well where the rank is open', async () => {
      await using rankless = await loadModel(onnx('rankless'));
      expect(rankless.signature?.inputs[0]?.shape).to.equal(null);
      await rejection(() => rankless.run(b), 'ERR_INVALID_DTYPE');
      await rejection(() => rankless.run([1]), 'ERR_INVALID_INPUT');
      await rejection(() => rankless.call('forward', { x: a, z: a }), 'ERR_INVALID_INPUT');
    });

    it('refuses a value for an input that the file has one for', async () => {
      await using defaulted = await loadModel(onnx('defaulted'));
      expect(defaulted.info.warnings.join()).to.include('scale');
      const scale = new Tensor('float32', new Float32Array(2), [2]);
      await rejection(() => defaulted.call('forward', { x: a, scale }), 'ERR_INVALID_INPUT');
    });
  });

  it('takes any byte but 0 of a bool for true', async () => {
    await using model = await loadModel(onnx('choice'));
    const x = new Tensor('float32', new Float32Array(4), [1, 4]);
    expect(await model.call('forward', [x, new Tensor('bool', Uint8Array.of(2), [])])).to.be.instanceOf(Tensor);
  });

  it('says what failed without a path and without the input’s value', async () => {
    await using model = await loadModel(onnx('gather'));
    const error = await rejection(
      () => model.run(new Tensor('int64', BigInt64Array.of(77123n), [1])),
      'ERR_MODEL_EXECUTION',
    );
    expect(error.message)
      .to.match(/Gather.*'\/rows\/Gather'.*out of data bounds/)
      .and.not.match(/77123|onnxruntime_src|\.cc/);
    expect((await model.run(new Tensor('int64', BigInt64Array.of(0n), [1]))).shape).to.deep.equal([1]);
  });

  describe('batches', () => {
    it('share a run, each call its own rows', async () => {
      await using model = await loadModel(onnx('two'));
      const report = await model.warmup({ batchSizes: [1, 8] });
      expect(report).to.include({ rowIndependent: true, runs: 6 });
      await using queue = new BatchQueue(model, { maxBatchSize: 8 });
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          queue.call<Record<string, Tensor>>('forward', {
            b: new Tensor('int64', BigInt64Array.of(BigInt(i), 2n ** 60n), [1, 2]),
            a: new Tensor('float32', Float32Array.of(i, 0.5), [1, 2]),
          }),
        ),
      );
      for (const [i, answer] of answers.entries()) {
        expect(answer['next']?.toArray()).to.deep.equal([[BigInt(i + 1), 2n ** 60n + 1n]]);
        expect((answer['sum'] as Tensor).data[0]).to.equal(2 * i);
      }
      expect(queue.stats().batches).to.be.below(20);
      expect(model.pending).to.equal(0);
    });

    it('are refused for a model that mixes rows', async () => {
      await using model = await loadModel(onnx('row_mixing'));
      expect((await model.warmup()).rowIndependent).to.equal(false);
      await rejection(() => new BatchQueue(model), 'ERR_NOT_BATCHABLE');
    });

    it('are isolated when one call of them fails', async () => {
      await using model = await loadModel(onnx('gather'));
      await using queue = new BatchQueue(model, { rowIndependent: true });
      const call = (index: bigint) => queue.run(new Tensor('int64', BigInt64Array.of(index), [1]));
      const [good, bad, other] = await Promise.allSettled([call(0n), call(9n), call(2n)]);
      expect([good.status, bad.status, other.status]).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    });

    it('are not made of a fixed batch', async () => {
      await using model = await loadModel(onnx('fixed'));
      expect((await model.warmup()).rowIndependent).to.equal(undefined);
    });
  });

  it('whose thread is gone ends its runs, and says so from then on', async () => {
    const made: Worker[] = [];
    const collect = (worker: Worker): unknown => made.push(worker);
    process.on('worker', collect);
    const model = await loadModel(onnx('linear'));
    process.off('worker', collect);
    const x = new Tensor('float32', new Float32Array(4), [1, 4]);
    await model.run(x);
    expect(made).to.have.length(1);
    const ended = made[0]?.terminate();
    const errors = await Promise.all([1, 2].map(() => rejection(() => model.run(x), 'ERR_INTERNAL')));
    expect(errors[0]?.message).to.include('load the model again');
    await ended;
    await rejection(() => model.run(x), 'ERR_INTERNAL');
    expect(model.pending).to.equal(0);
    await model.dispose();
  });

  it('loads and disposes a hundred times, several at once', async () => {
    const x = new Tensor('float32', new Float32Array(4), [1, 4]);
    const cycle = async (): Promise<void> => {
      await using model = await loadModel(onnx('linear'));
      await model.run(x);
    };
    await Promise.all([1, 2, 3, 4].map(cycle));
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 25; ++i) await Promise.all([1, 2, 3, 4].map(cycle));
    expect((process.memoryUsage.rss() - before) / 2 ** 20, 'MiB more').to.be.below(40);
  });
});
