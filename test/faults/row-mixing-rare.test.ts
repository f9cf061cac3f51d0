/** Models whose rows depend on each other where only unusual rows, other arguments or large batches show it. */
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor, type Arguments, type Model, type Signature } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';

const load = (file: string, signature?: Signature): Promise<Model> =>
  loadModel(fixture(`faults/rows-more/${file}`), signature && { signature });
const rows = (...names: string[]): Signature => ({
  inputs: names.map((name) => ({ name, dtype: 'float32', shape: [null, 4] })),
  outputs: [],
});
const a = Tensor.from([[0.3, -1.2, 0.7, 0.1]]);
const b = Tensor.from([[1.1, 0.4, -0.5, 0.9]]);

/** What is independent with which example; none where there is a signature. */
const found: readonly (readonly [
  file: string,
  independent: boolean,
  example?: readonly Tensor[] | undefined,
  signature?: Signature,
])[] = [
  ['difference_of_inputs.onnx', false],
  ['difference_of_inputs.pt', false, undefined, rows('a', 'b')],
  ['difference_of_inputs.pt', false, [a, a]],
  ['ratio_floor.pt', false, [a, b]],
  ['ratio_floor.pt', false, undefined, rows('a', 'b')],
  ['ratio.pt', true, [a, b]],
  ['peaky_only.pt', false, [a]],
  ['flat_only.pt', false, [a]],
  ['flat_only.pt', false, [Tensor.from([[1, 1, 1, 1]])]],
  ['very_negative_only.pt', false, [a]],
  ['very_negative_only.pt', false, [Tensor.from([[1, 2, 3, 4]])]],
  ['loud_sound.pt', false, [Tensor.from([[3, -7, 5, 0]], 'int16')]],
  ['sound.pt', true, [Tensor.from([[3, -7, 5, 0]], 'int16')]],
  ['zero_id.pt', false, [Tensor.from([[3, 7, 5]], 'int32')]],
  ['zero_id.pt', false, [new Tensor('int64', BigInt64Array.of(3n, 7n, 5n), [1, 3])]],
  ['positive_ids.pt', true, [Tensor.from([[3, 7, 5]], 'int32')]],
  ['any_nan.pt', false, [a]],
  ['rounding_and_mixing.pt', false, [a]],
  ['wide.pt', true, [a]],
];

describe('rows that depend on each other', () => {
  for (const [file, independent, example, signature] of found) {
    const given = example
      ? JSON.stringify(example.map((value) => Array.from<number | bigint, number>(value.data, Number)))
      : 'none';
    it(`${file}, example ${given}: ${independent ? 'independent' : 'found out'}`, async () => {
      await using model = await load(file, signature);
      const report = await model.warmup(example && { example });
      expect(report.rowIndependent, report.rowIndependence).to.equal(independent);
    });
  }

  /** Two rows at once in a queue, and each alone. */
  const answers = async (model: Model, inputs: readonly Arguments[], trusted = false) => {
    await using queue = new BatchQueue(model, { ...(trusted && { rowIndependent: true }), allowedBatchSizes: [4, 32] });
    const joint = await Promise.all(inputs.map((input) => queue.run(input)));
    const alone = await Promise.all(inputs.map((input) => model.run(input)));
    const texts = (tensors: readonly Tensor[]) => tensors.map(({ data }) => [...(data as Float32Array)].join());
    return {
      joint: texts(joint),
      alone: texts(alone),
      sizes: queue.stats().batchSizes,
      padded: queue.stats().paddedRows,
    };
  };
  const one = Tensor.from([[1, 1, 1, 1]]);

  it('for arguments that warm-up has not seen: each call runs by itself', async () => {
    for (const [file, example, inputs] of [
      ['mode.pt', [a], [[a, 1], [b, 1]]], // prettier-ignore
      [
        'mode.pt',
        [a, 0],
        [
          [a, 1],
          [b, 1],
        ],
      ],
      [
        'maybe_mask.pt',
        [a],
        [
          [a, one],
          [b, one],
        ],
      ],
      [
        'scale.pt',
        [a, 0.5],
        [
          [a, 2],
          [b, 2],
        ],
      ],
    ] as const) {
      await using model = await load(file);
      const report = await model.warmup({ example });
      expect(report.rowIndependent, report.rowIndependence).to.equal(true);
      const { joint, alone, sizes, padded } = await answers(model, inputs);
      expect(joint, file).to.deep.equal(alone);
      expect([sizes, padded], file).to.deep.equal([{ 1: 2 }, 0]);
      expect((await answers(model, [example, example])).sizes, file).to.deep.equal({ 2: 1 });
      expect((await answers(model, inputs, true)).sizes, file).to.deep.equal({ 2: 1 });
      // More rows than a batch has: not in parts.
      const [, ...others] = inputs[0];
      const rows = Tensor.from(Array.from({ length: 50 }, (_, i) => [i, 1, 2, 3]));
      const wide = others.map((value) => (value instanceof Tensor ? Tensor.from(rows.toArray() as number[][]) : value));
      const large = await answers(model, [[rows, ...wide]]);
      expect(large.joint).to.deep.equal(large.alone);
      expect(large.sizes).to.deep.equal({ 50: 1 });
    }
  });

  it('and take no single row: a report, with the example of several rows', async () => {
    await using model = await load('refuses_one.pt');
    const example = Tensor.from(Array.from({ length: 8 }, (_, i) => [i, 1, 2, 3 - i]));
    const report = await model.warmup({ example });
    expect([report.rowIndependent, report.batchSizes]).to.deep.equal([undefined, [8]]);
    expect(report.rowIndependence).to.match(/does not take 1 row/);
    await rejection(() => model.warmup({ example, batchSizes: [1] }), 'ERR_MODEL_EXECUTION');
    await rejection(() => model.warmup({ example: a }), 'ERR_MODEL_EXECUTION');
  });

  it('as far as a tolerance allows: rows that are no numbers are not asked about', async () => {
    await using model = await load('any_nan.pt');
    const tolerance = { absolute: 1, relative: 0 };
    expect((await model.warmup({ example: a, tolerance })).rowIndependent).to.equal(false);
    await using mean = await loadModel(fixture('faults/rows/mean_rows.pt'));
    const loose = { absolute: 1e9, relative: 0 };
    expect((await mean.warmup({ example: a, tolerance: loose })).rowIndependent).to.equal(true);
  });

  it('in batches larger than any that warm-up has tried: a queue makes none', async () => {
    await using model = await loadModel(fixture('faults/rows/unseen_above_40_rows.pt'));
    expect((await model.warmup({ example: a })).largestBatch).to.equal(32);
    await using queue = new BatchQueue(model, { maxBatchSize: 64, allowedBatchSizes: [16, 64] });
    expect([queue.options.maxBatchSize, queue.options.allowedBatchSizes]).to.deep.equal([32, [16, 32]]);
    const found = await Promise.all(Array.from({ length: 64 }, (_, i) => queue.run(Tensor.from([[i, 0, 0, 1]]))));
    for (const [i, { data }] of found.entries()) expect([...(data as Float32Array)]).to.deep.equal([2 * i, 0, 0, 2]);
    await using trusting = new BatchQueue(model, { maxBatchSize: 64, rowIndependent: true });
    expect(trusting.options.maxBatchSize).to.equal(64);
    await using wide = await load('wide.pt');
    expect((await wide.warmup({ example: a, batchSizes: [1, 64] })).largestBatch).to.equal(64);
    await using all = new BatchQueue(wide, { maxBatchSize: 64 });
    expect(all.options.maxBatchSize).to.equal(64);
  });
});
