import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { loadModel, runtime, Tensor } from 'node-libtorch';
import { node } from '../../support/child.js';
import { digitModel, root } from '../../support/paths.js';

const script = `${root}test/engines/torch/children/worker.mjs`;
const row = Array.from({ length: 784 }, (_, i) => (i % 7) / 7);
const runs = 20;

interface Answer {
  readonly results: number[][];
  readonly threads: object;
}

async function work(dispose: boolean): Promise<Answer> {
  const worker = new Worker(script, { workerData: { file: digitModel, row, runs, dispose } });
  const [answer] = (await once(worker, 'message')) as [Answer];
  if (dispose) await once(worker, 'exit');
  else await worker.terminate();
  return answer;
}

describe('worker threads', function () {
  this.timeout(120_000);
  let expected: number[][];

  before(async () => {
    await using model = await loadModel(digitModel, { device: 'cpu' });
    expected = [];
    for (let i = 0; i < runs; ++i) {
      const x = new Tensor(
        'float32',
        Float32Array.from(row, (value) => value * (i + 1)),
        [1, 784],
      );
      expected.push([...((await model.run(x)).data as Float32Array)]);
    }
  });

  it('load and run the same model, four at once and the main thread beside them, bit by bit alike', async () => {
    await using model = await loadModel(digitModel, { device: 'cpu' });
    const x = new Tensor('float32', Float32Array.from(row), [1, 784]);
    const answers = Promise.all([work(true), work(false), work(true), work(false)]);
    for (let i = 0; i < 500; ++i) expect([...((await model.run(x)).data as Float32Array)]).to.deep.equal(expected[0]);
    for (const { results, threads } of await answers) {
      expect(results).to.deep.equal(expected);
      expect(threads, 'the counts are the process’s').to.deep.equal((await runtime.info()).threads);
    }
  });

  it('come and go 50 times without memory staying behind, disposed or terminated, with the right results', async () => {
    const cycles = 50;
    const warmUp = 10;
    // A fixed threshold, so that what is freed leaves the process: test/stress/memory.mjs says why.
    const env = { MALLOC_MMAP_THRESHOLD_: String(256 * 1024) };
    const args = ['--expose-gc', 'test/engines/torch/children/worker-cycles.mjs', String(cycles), digitModel, '784'];
    const ended = await node(args, env, 110_000);
    expect(ended, ended.stderr).to.include({ code: 0, signal: null });
    const { resident, answers } = JSON.parse(ended.stdout) as { resident: number[]; answers: number };
    expect(answers, 'different results').to.equal(1);
    expect(resident).to.have.length(cycles);
    // The least of several: a measurement may fall into the middle of a worker's end.
    const least = (values: number[]): number => Math.min(...values) / 2 ** 20;
    const growth = least(resident.slice(-5)) - least(resident.slice(warmUp, warmUp + 5));
    expect(growth, `MiB, of ${resident.map((bytes) => Math.round(bytes / 2 ** 20)).join(' ')}`).to.be.below(8);
  });
});
