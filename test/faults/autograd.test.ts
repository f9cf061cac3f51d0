/** Gradients inside forward (T4): energies and forces, by every way to take a gradient in TorchScript. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor, type Model, type TorchError, type Value } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';

interface Case {
  readonly name: string;
  readonly method: string;
  readonly calls: readonly { readonly x: readonly number[]; readonly want: readonly number[] }[];
}

const folder = 'faults/autograd/';
const file = (name: string): string => fixture(`${folder}${name}.pt`);
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8')) as Case[];
const rows = (x: readonly number[]): Tensor => new Tensor('float32', Float32Array.from(x), [x.length / 3, 3]);

async function gradient(model: Model, method: string, x: readonly number[]): Promise<number[]> {
  const value = await model.call(method, [rows(x)]);
  return Array.from(((Array.isArray(value) ? (value as readonly Value[])[1] : value) as Tensor).data as Float32Array);
}

async function answersAsPyTorch(model: Model, { method, calls }: Case, tolerance = 1e-4): Promise<void> {
  for (const { x, want } of calls) {
    const got = await gradient(model, method, x);
    expect(got).to.have.length(want.length);
    for (const [at, number] of got.entries())
      expect(number).to.be.closeTo(want[at] as number, tolerance * (1 + Math.abs(number)));
  }
}

describe('faults: gradients inside forward', () => {
  for (const optimize of ['none', 'freeze', 'inference'] as const) {
    for (const one of cases) {
      it(`answers as PyTorch, found from the graph: ${one.name}, optimize ${optimize}`, async () => {
        await using model = await loadModel(file(one.name), { optimize });
        expect(model.info.autograd).to.equal(true);
        expect(model.info.optimize).to.equal(optimize === 'inference' ? 'freeze' : optimize);
        expect(model.info.warnings.some((text) => text.includes('inference'))).to.equal(optimize === 'inference');
        await answersAsPyTorch(model, one);
        await answersAsPyTorch(model, one);
      });
    }
  }

  it('is on when it is asked for, and in force for warm-up', async () => {
    const [one] = cases as [Case];
    await using model = await loadModel(file(one.name), { autograd: true });
    const warm = await model.warmup({ example: rows([1, 2, 3]) });
    expect(warm.runs).to.be.above(0);
    await answersAsPyTorch(model, one);
  });

  it('is refused with optimize inference, and for what is no boolean', async () => {
    const error = await rejection(
      () => loadModel(file('Forces'), { autograd: true, optimize: 'inference' }),
      'ERR_INVALID_ARGUMENT',
    );
    expect(error.message)
      .to.match(/autograd/)
      .and.to.match(/inference/);
    await rejection(() => loadModel(file('Forces'), { autograd: 'yes' } as never), 'ERR_INVALID_ARGUMENT');
    await rejection(() => loadModel('model.onnx', { autograd: true }), 'ERR_INVALID_ARGUMENT');
  });

  for (const name of ['Forces', 'Backward', 'Double', 'Nested']) {
    it(`is named by the error of a run without it: ${name}`, async () => {
      await using model = await loadModel(file(name), { autograd: false });
      expect(model.info.autograd).to.equal(false);
      const error: TorchError = await rejection(() => model.run(rows([1, 2, 3])), 'ERR_MODEL_EXECUTION');
      expect(error.message).to.match(/autograd: true/);
    });
  }

  it('leaves a model without gradients alone', async () => {
    await using model = await loadModel(fixture('torchscript/linear.pt'));
    expect(model.info.autograd).to.equal(false);
  });

  it('runs on several instances at once', async () => {
    const one = cases.find(({ name }) => name === 'RowForces') as Case;
    await using model = await loadModel(file(one.name), { instances: 2 });
    await Promise.all(Array.from({ length: 12 }, () => answersAsPyTorch(model, one)));
  });

  it('is batched where the rows are independent', async () => {
    const one = cases.find(({ name }) => name === 'RowForces') as Case;
    await using model = await loadModel(file(one.name));
    await model.warmup({ example: rows([1, 2, 3, 4, 5, 6]), batchSizes: [1, 4] });
    const queue = new BatchQueue(model, { maxBatchSize: 4 });
    const xs = [1, 2, 3, 4].map((k) => [0.1 * k, 0.2 * k, 0.3 * k]);
    const together = await Promise.all(xs.map((x) => queue.run(rows(x))));
    for (const [i, x] of xs.entries()) {
      const alone = await gradient(model, 'forward', x);
      for (const [at, number] of Array.from(together[i]?.data as Float32Array).entries())
        expect(number).to.be.closeTo(alone[at] as number, 1e-5);
    }
    await queue.close();
  });

  it('hands out tensors that hang on no graph, the same ones in every run', async () => {
    const one = cases.find(({ name }) => name === 'Graphed') as Case;
    await using model = await loadModel(file(one.name));
    const [{ x }] = one.calls as [Case['calls'][number]];
    const kept: number[][] = [];
    for (let i = 0; i < 200; ++i) kept.push(await gradient(model, 'forward', x));
    const [first] = kept as [number[]];
    for (const values of kept)
      for (const [at, number] of values.entries()) expect(number).to.be.closeTo(first[at] as number, 1e-6);
    // TorchScript profiles its first runs; what it makes of them may have other last bits on some CPUs.
    expect(new Set(kept.slice(3).map((values) => values.join())).size).to.equal(1);
  });
});
