import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { BatchQueue, loadModel, ModelHost, Tensor, type BatchQueueOptions, type Model } from 'node-libtorch';
import { digitModel, fixture } from '../support/paths.js';

interface Digit {
  readonly label: number;
  readonly input: number[];
  readonly logits: number[];
}
const { digits } = JSON.parse(readFileSync(fixture('digits.json'), 'utf8')) as { digits: Digit[] };
const signature = {
  inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }],
  outputs: [],
} as const;
const tensorOf = ({ input }: Digit): Tensor => new Tensor('float32', Float32Array.from(input), [1, 784]);

describe('batching on the real engine', () => {
  let model: Model;
  before(async () => {
    model = await loadModel(digitModel, { signature });
    await model.warmup({ batchSizes: [1, 32] });
  });
  after(() => model.dispose());

  const settings: BatchQueueOptions[] = [
    {},
    { allowedBatchSizes: [4, 16, 32] },
    { maxBatchSize: 3 },
    { maxDelayMs: 2 },
  ];
  for (const options of settings) {
    it(`gives 500 mixed callers each PyTorch’s logits of their own digits: ${JSON.stringify(options)}`, async () => {
      await using queue = new BatchQueue(model, { ...options, maxQueueSize: 2000 });
      await Promise.all(
        Array.from({ length: 500 }, async (_, i) => {
          const rows = 1 + (i % 5);
          const own = Array.from({ length: rows }, (_, row) => digits[(i * 3 + row) % digits.length]!);
          const x = new Tensor('float32', Float32Array.from(own.flatMap(({ input }) => input)), [rows, 784]);
          const y = await queue.run(x);
          expect(y.shape).to.deep.equal([rows, 10]);
          for (const [at, wanted] of own.flatMap(({ logits }) => logits).entries()) {
            expect(y.data[at])
              .to.be.a('number')
              .closeTo(wanted, 1e-4 * (1 + Math.abs(wanted)));
          }
        }),
      );
      expect(queue.stats().requests).to.include({ completed: 500 + extraParts(options), failed: 0 });
    });
  }

  it('refuses models that keep state', async () => {
    await using stateful = await loadModel(fixture('torchscript/stateful.pt'));
    expect(() => new BatchQueue(stateful, { rowIndependent: true })).to.throw(/keeps state/);
  });

  it('never shares the memory of its slabs: large results that are the input itself stay as they were', async () => {
    await using aliases = await loadModel(fixture('torchscript/aliases.pt'));
    await using queue = new BatchQueue(aliases, { rowIndependent: true, maxBatchSize: 8 });
    const width = 50_000; // 200 KB a row: large enough to be handed over without a copy
    const rows = (value: number): Tensor => new Tensor('float32', new Float32Array(width).fill(value), [1, width]);
    const earlier = await Promise.all([1, 2, 3].map((value) => queue.call<Tensor>('the_input', [rows(value)])));
    const alone = await queue.call<Tensor>('the_input', [rows(4)]);
    await Promise.all([5, 6, 7].map((value) => queue.call('the_input', [rows(value)])));
    for (const [i, tensor] of [...earlier, alone].entries()) {
      expect(
        tensor.data.every((element) => element === i + 1),
        `result ${i}`,
      ).to.equal(true);
    }
    alone.data.fill(99 as never);
    const after = await queue.call<Tensor>('the_input', [rows(8)]);
    expect(after.data.every((element) => element === 8)).to.equal(true);
  });

  it('does not reuse a slab while a run that nobody waits for any more still reads it', async () => {
    await using queue = new BatchQueue(model, { maxBatchSize: 32 });
    for (let round = 0; round < 30; ++round) {
      const controller = new AbortController();
      const given = Array.from({ length: 64 }, () =>
        queue.run(tensorOf(digits[1]!), { signal: controller.signal }).catch(() => undefined),
      );
      await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      const answers = await Promise.all(digits.map((digit) => queue.run(tensorOf(digit))));
      answers.forEach((answer, i) => {
        const scores = [...(answer.data as Float32Array)];
        expect(scores.indexOf(Math.max(...scores))).to.equal(digits[i]!.label);
      });
      await Promise.all(given);
    }
  });

  it('is one queue for all callers of a host', async () => {
    await using host = await ModelHost.open({
      models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 16 } }],
    });
    const served = host.model();
    const batches: number[] = [];
    host.on('batch', ({ rows }) => batches.push(rows));
    await Promise.all(digits.map((digit) => served.run(tensorOf(digit))));
    expect(batches).to.deep.equal([digits.length]);
    expect(served.notBatched).to.equal(undefined);
  });

  it('a host says why a model is not batched, and serves it', async () => {
    await using host = await ModelHost.open({
      models: [{ file: fixture('torchscript/stateful.pt'), batching: {} }],
    });
    expect(host.model().queue).to.equal(undefined);
    expect(host.model().notBatched).to.match(/keeps state/);
  });
});

/** Requests of 4 and 5 rows are split in two when a batch has 3; each part counts. */
function extraParts({ maxBatchSize }: BatchQueueOptions): number {
  return maxBatchSize === 3 ? 200 : 0;
}
