import { expect } from 'chai';
import { loadModel, Tensor, type Model } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';

const slow = fixture('torchscript/slow.pt');
const row = new Tensor('float32', new Float32Array(256), [256]);
const stepsFor = 300; // calibrated below: a run of about this many milliseconds

describe('Model', () => {
  let steps: number;

  before(async () => {
    await using model = await loadModel(slow, { device: 'cpu' });
    await model.call('forward', [row, 10]);
    const started = performance.now();
    await model.call('forward', [row, 200]);
    steps = Math.ceil((200 * stepsFor) / (performance.now() - started));
  });

  describe('queue', () => {
    it('refuses a run beyond maxPending at once, and serves the others', async () => {
      await using model = await loadModel(slow, { maxPending: 2 });
      const accepted = [1, 2, 3].map(() => model.call('forward', [row, 100])); // one runs, two wait
      await rejection(() => model.call('forward', [row, 1]), 'ERR_QUEUE_FULL');
      await Promise.all(accepted);
      await model.call('forward', [row, 1]);
    });

    it('with maxPending 0 serves one caller after another', async () => {
      await using model = await loadModel(fixture('torchscript/linear.pt'), { maxPending: 0 });
      const x = new Tensor('float32', new Float32Array(4), [1, 4]);
      for (let i = 0; i < 200; ++i) await model.run(x);
    });

    it('counts what is pending', async () => {
      await using model = await loadModel(slow);
      const runs = [1, 2].map(() => model.call('forward', [row, 50]));
      expect(model.pending).to.equal(2);
      await Promise.all(runs);
      expect(model.pending).to.equal(0);
    });
  });

  describe('abort and time-out', () => {
    it('rejects with the signal’s reason at once, and drops a waiting run', async () => {
      await using model = await loadModel(slow);
      const running = model.call('forward', [row, steps]);
      const controller = new AbortController();
      const waiting = model.call('forward', [row, steps * 100], { signal: controller.signal });
      const reason = new Error('gone');
      controller.abort(reason);
      const started = performance.now();
      expect(await waiting.catch((error: unknown) => error)).to.equal(reason);
      expect(performance.now() - started).to.be.below(stepsFor / 2);
      expect(model.pending).to.equal(1);
      await running; // the dropped one would take half a minute
      await model.call('forward', [row, 1]);
    });

    it('lets a running run finish in the background, keeping its slot', async () => {
      await using model = await loadModel(slow);
      const controller = new AbortController();
      const running = model.call('forward', [row, steps], { signal: controller.signal });
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.abort();
      const error = await running.catch((reason: unknown) => reason as Error);
      expect((error as Error).name).to.equal('AbortError');
      expect(model.pending).to.equal(1);
      await model.call('forward', [row, 1]);
      expect(model.pending).to.equal(0);
    });

    it('rejects with ERR_TIMEOUT when the time is over', async () => {
      await using model = await loadModel(slow);
      const started = performance.now();
      await rejection(() => model.call('forward', [row, steps], { timeoutMs: 30 }), 'ERR_TIMEOUT');
      expect(performance.now() - started).to.be.below(stepsFor * 0.9);
      await model.call('forward', [row, 1], { timeoutMs: 60_000 });
    });

    it('takes an already aborted signal', async () => {
      await using model = await loadModel(slow);
      const reason = new Error('before');
      const answer = model.call('forward', [row, 1], { signal: AbortSignal.abort(reason) });
      expect(await answer.catch((error: unknown) => error)).to.equal(reason);
      expect(model.pending).to.equal(0);
    });

    it('aborts a load', async () => {
      const controller = new AbortController();
      const loading = loadModel(slow, { signal: controller.signal });
      controller.abort(new Error('no longer wanted'));
      expect(await loading.catch((error: unknown) => (error as Error).message)).to.equal('no longer wanted');
    });
  });

  describe('dispose', () => {
    it('lets what runs finish, drops what waits, and refuses what comes', async () => {
      const model = await loadModel(slow);
      const running = model.call('forward', [row, steps]);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const waiting = rejection(() => model.call('forward', [row, 1]), 'ERR_DISPOSED');
      const disposed = Promise.all([model.dispose(), model.dispose()]);
      expect(model.disposed).to.equal(true);
      await rejection(() => model.call('forward', [row, 1]), 'ERR_DISPOSED');
      await waiting;
      expect(await running).to.be.instanceOf(Tensor);
      await disposed;
      await model.dispose();
    });
  });

  describe('event loop', () => {
    it('keeps a 5 ms timer firing while a 300 ms run is in progress (p99 of its delay below 20 ms)', async () => {
      await using model = await loadModel(slow);
      const delays: number[] = [];
      let last = performance.now();
      const timer = setInterval(() => {
        const now = performance.now();
        delays.push(now - last - 5);
        last = now;
      }, 5);
      for (let i = 0; i < 4; ++i) await model.call('forward', [row, steps]);
      clearInterval(timer);
      delays.sort((a, b) => a - b);
      expect(delays.length, 'ticks').to.be.above(100);
      expect(delays[Math.floor(delays.length * 0.99)], 'p99 delay in ms').to.be.below(20);
    });
  });

  describe('inputs and outputs', () => {
    it('uses the input as it was when the run was submitted', async () => {
      await using model = await loadModel(fixture('torchscript/linear.pt'), { maxPending: 10 });
      const data = new Float32Array([1, 2, 3, 4]);
      const x = new Tensor('float32', data, [1, 4]);
      const before = await model.run(x);
      const run = model.run(x);
      data.fill(1e9);
      expect((await run).toArray()).to.deep.equal(before.toArray());
    });

    it('survives the transfer of an input’s buffer during the run', async () => {
      await using model = await loadModel(slow);
      const mine = new Tensor('float32', new Float32Array(256).fill(1), [256]);
      const run = model.call('forward', [mine, 50]);
      structuredClone(mine.data.buffer, { transfer: [mine.data.buffer as ArrayBuffer] });
      expect(await run).to.be.instanceOf(Tensor);
      await rejection(() => model.call('forward', [mine, 1]), 'ERR_INVALID_SHAPE');
    });

    it('gives large outputs that outlive their model', async () => {
      const model = await loadModel(fixture('torchscript/layouts.pt'));
      const methods = model.info.methods.map(({ name }) => name);
      expect(methods).to.include('transposed');
      const x = new Tensor(
        'float32',
        Float32Array.from({ length: 512 * 512 }, (_, i) => i),
        [512, 512],
      );
      const out = await model.call<Tensor>('transposed', [x]);
      await model.dispose();
      expect(out.shape).to.deep.equal([512, 512]);
      expect(out.data[1]).to.equal(512);
    });
  });

  describe('wrong arguments', () => {
    let model: Model;
    before(async () => {
      model = await loadModel(fixture('torchscript/linear.pt'));
    });
    after(() => model.dispose());
    const x = new Tensor('float32', new Float32Array(4), [1, 4]);
    const circular: unknown[] = [];
    circular.push(circular);
    const wrong: [string, string, () => unknown][] = [
      ['an unknown method', 'ERR_METHOD_NOT_FOUND', () => model.call('nothing', [x])],
      ['too many arguments', 'ERR_INVALID_INPUT', () => model.call('forward', [x, x, x])],
      ['no argument', 'ERR_INVALID_INPUT', () => model.call('forward', [])],
      ['an unknown name', 'ERR_INVALID_INPUT', () => model.call('forward', { x: x, wrong: x })],
      ['a number for a tensor', 'ERR_INVALID_INPUT', () => model.run([1])],
      ['a function', 'ERR_INVALID_INPUT', () => model.run((() => 1) as never)],
      ['undefined', 'ERR_INVALID_INPUT', () => model.run(undefined as never)],
      ['a class instance', 'ERR_INVALID_INPUT', () => model.run(new Date() as never)],
      ['a circular array', 'ERR_INVALID_INPUT', () => model.run(circular as never)],
      ['arguments that are no list', 'ERR_INVALID_INPUT', () => model.call('forward', x as never)],
      ['a wrong width', 'ERR_MODEL_EXECUTION', () => model.run(new Tensor('float32', new Float32Array(5), [1, 5]))],
      ['a timeout of no number', 'ERR_INVALID_ARGUMENT', () => model.run(x, { timeoutMs: 'soon' as never })],
      ['a signal of no signal', 'ERR_INVALID_ARGUMENT', () => model.run(x, { signal: {} as never })],
    ];
    for (const [what, code, action] of wrong) {
      it(`refuses ${what} with ${code}, then goes on`, async () => {
        await rejection(action, code);
        expect((await model.run(x)).shape[0]).to.equal(1);
      });
    }

    it('refuses a bigint beyond 64 bits for an int, then goes on', async () => {
      await using divide = await loadModel(fixture('torchscript/divide.pt'));
      await rejection(() => divide.run([2n ** 64n]), 'ERR_OUT_OF_RANGE');
      expect(await divide.run<number>([5])).to.be.a('number');
    });

    it('shows no path and no C++ frame in an execution error', async () => {
      const error = await rejection(
        () => model.run(new Tensor('float32', new Float32Array(5), [1, 5])),
        'ERR_MODEL_EXECUTION',
      );
      expect(error.message).to.not.match(/frame #|\.so|0x[0-9a-f]{8}/);
    });
  });
});
