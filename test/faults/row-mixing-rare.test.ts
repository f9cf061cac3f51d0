/** Models whose rows depend on each other where only unusual rows, other arguments or large batches show it. */
import { expect } from 'chai';
import { loadModel, Tensor, type Model, type Signature } from 'node-libtorch';
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
});
