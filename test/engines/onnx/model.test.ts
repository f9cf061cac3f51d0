import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor, type Model, type Value } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { onnx } from '../../support/paths.js';

/** What models of ONNX alone do; what every engine does is in test/contract. */
describe('ONNX model', function () {
  this.timeout(60_000);
  it('says the shapes and dtypes of its inputs and outputs', async () => {
    await using model = await loadModel(onnx('two'), { instances: 1 });
    expect(model.info.methods[0]?.args.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    const symbols = ['batch', null];
    expect(model.signature).to.deep.equal({
      inputs: [
        { name: 'a', dtype: 'float32', shape: [null, 2], symbols },
        { name: 'b', dtype: 'int64', shape: [null, 2], symbols },
      ],
      outputs: [
        { name: 'sum', dtype: 'float32', shape: [null, 2], symbols },
        { name: 'next', dtype: 'int64', shape: [null, 2], symbols },
        { name: 'greater', dtype: 'bool', shape: [null, 2], symbols },
      ],
    });
  });

  it('aborts a load whose thread has started and has answered nothing yet', async () => {
    const controller = new AbortController();
    process.once('worker', (thread: Worker) => {
      thread.once('online', () => controller.abort(new Error('no longer wanted')));
    });
    const loading = loadModel(onnx('slow'), { signal: controller.signal });
    expect(await loading.catch((error: unknown) => (error as Error).message)).to.equal('no longer wanted');
  });

  describe('wrong arguments of several inputs', () => {
    let model: Model;
    before(async () => {
      model = await loadModel(onnx('two'));
    });
    after(() => model.dispose());
    const a = new Tensor('float32', new Float32Array(2), [1, 2]);
    const b = new Tensor('int64', new BigInt64Array(2), [1, 2]);
    const wrong: [string, string, () => unknown][] = [
      ['a missing input', 'ERR_INVALID_INPUT', () => model.call('forward', [a])],
      ['a missing name', 'ERR_INVALID_INPUT', () => model.call('forward', { a })],
      ['an input too many', 'ERR_INVALID_INPUT', () => model.call('forward', [a, b, a])],
      ['a name too many', 'ERR_INVALID_INPUT', () => model.call('forward', { a, b, c: a })],
      ['another dtype', 'ERR_INVALID_DTYPE', () => model.call('forward', [a, a])],
    ];
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

    it('refuses a wrong one in place of a value that the file has', async () => {
      await using defaulted = await loadModel(onnx('defaulted'));
      const scale = new Tensor('float32', new Float32Array(3), [3]);
      await rejection(() => defaulted.call('forward', { x: a, scale }), 'ERR_INVALID_SHAPE');
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
      .to.match(/^indices element out of data bounds.*\n {2}hint: If these are ids/)
      .and.not.match(/77123|onnxruntime_src|\.cc/);
    expect(error.trace).to.match(/Gather.*'\/rows\/Gather'$/);
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
