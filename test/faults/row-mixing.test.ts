/** Models whose rows depend on each other in some way, and models whose rows do not: what warm-up says of each. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor, type DType, type Model, type Signature, type Value } from 'node-libtorch';
import { dtypeTable } from '#dist/tensor/dtype.js';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';

interface Input {
  readonly name: string;
  readonly dtype?: DType;
  readonly shape: readonly number[];
  readonly data: readonly number[];
  /** Of an argument that is no tensor. */
  readonly value?: number;
}

interface Case {
  readonly file: string;
  /** Null: the model has random operators. */
  readonly independent: boolean | null;
  readonly inputs: readonly Input[];
}

const folder = 'faults/rows/';
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8')) as readonly Case[];

/** The example of an argument; further rows are like the first. */
function argument({ dtype, shape, data, value }: Input, rows: number): Value {
  if (dtype === undefined) return value as number;
  const numbers = Array.from({ length: rows }, (_, row) =>
    data.map((x, i) => {
      if (row === 0) return x;
      return dtype === 'float32'
        ? x * (1 + 0.3 * row) + 0.1 * ((i * row) % 3)
        : (data[(i + row) % data.length] as number);
    }),
  ).flat();
  const convert: (x: number) => number | bigint = dtype === 'int64' ? BigInt : Number;
  const array = new dtypeTable[dtype].array(numbers.length);
  for (const [i, x] of numbers.entries()) array[i] = convert(x);
  return new Tensor(dtype, array, [rows, ...shape.slice(1)]);
}

function signatureOf({ file, inputs }: Case): Signature | undefined {
  if (file.endsWith('.pt2')) return undefined; // has its own
  return {
    inputs: inputs.map(({ name, dtype, shape }) =>
      dtype === undefined
        ? { name, dtype: null, shape: null, type: 'int' }
        : { name, dtype, shape: [null, ...shape.slice(1)] },
    ),
    outputs: [],
  };
}

const load = (file: string, signature?: Signature): Promise<Model> =>
  loadModel(fixture(folder + file), signature && { signature });

describe('rows that depend on each other', () => {
  for (const one of cases) {
    const { file, independent, inputs } = one;
    const what = independent === null ? 'random' : independent ? 'independent' : 'found out';
    const isMadeUp = inputs.every(({ dtype }) => dtype !== undefined);
    it(`${file}: ${what}, with an example of one row, with one of three${isMadeUp ? ', and with none' : ''}`, async () => {
      for (const rows of isMadeUp ? [1, 3, 0] : [1, 3]) {
        await using model = await load(file, rows === 0 ? signatureOf(one) : undefined);
        const report = await model.warmup(rows === 0 ? {} : { example: inputs.map((input) => argument(input, rows)) });
        const said = `${rows} rows: ${report.rowIndependence}`;
        if (independent) expect(report.rowIndependent, said).to.equal(true);
        else expect(report.rowIndependent, said).not.to.equal(true);
        if (independent !== false) expect(report.random, said).to.equal(independent === null);
        if (independent === null) expect(report.rowIndependence).to.match(/random/);
        if (independent)
          new BatchQueue(model); // is not refused
        else {
          const code = model.info.stateful ? 'ERR_STATEFUL_MODEL' : 'ERR_NOT_BATCHABLE';
          await rejection(() => new BatchQueue(model), code);
        }
      }
    });
  }

  it('of a dynamically quantised model: both messages name the cause, and the way to accept it', async () => {
    for (const file of ['dynamic_quantisation.pt', 'fake_quantised.pt', 'quantised.onnx']) {
      for (const row of [
        [1, 2, 3, 4],
        [0.1, -0.2, 0.3, 0.4],
        [0, 0, 0, 0],
        [1, 1, 1, 1],
      ]) {
        await using model = await load(file);
        const { rowIndependence } = await model.warmup({ example: Tensor.from([row]) });
        const { message } = await rejection(() => new BatchQueue(model), 'ERR_NOT_BATCHABLE');
        for (const said of [rowIndependence, message]) {
          expect(said, `${file} [${row.join()}]`).to.match(/dynamically quantised/);
          expect(said.match(/rowIndependent: true/g)).to.have.length(1);
        }
      }
    }
    for (const file of ['mean_all.pt', 'max_all.pt', 'norm_rows.onnx']) {
      await using other = await load(file);
      expect((await other.warmup({ example: Tensor.from([[1, 2, 3, 4]]) })).rowIndependence).not.to.match(/quantised/);
    }
    await using model = await load('dynamic_quantisation.pt');
    await using queue = new BatchQueue(model, { rowIndependent: true });
    expect((await queue.run(Tensor.from([[1, 2, 3, 4]]))).shape).to.deep.equal([1, 3]);
  });

  it('show in sizes that are warmed up', async () => {
    for (const [size, independent] of [
      [32, true],
      [48, false],
    ] as const) {
      await using model = await load('unseen_above_40_rows.pt');
      const report = await model.warmup({ example: Tensor.from([[1, 2, 3, 4]]), batchSizes: [1, size] });
      expect(report.rowIndependent, `${size} rows`).to.equal(independent);
    }
  });

  it('are looked for within the ranges alone', async () => {
    for (const [range, independent] of [
      [[0, 1], true],
      [[0, 1000], false],
    ] as const) {
      const signature: Signature = { inputs: [{ name: 'x', dtype: 'float32', shape: [null, 4], range }], outputs: [] };
      await using model = await load('loud_only.pt', signature);
      expect((await model.warmup()).rowIndependent, String(range)).to.equal(independent);
    }
  });

  it('say the same each time', async () => {
    for (const file of ['classifier.pt', 'difference.pt', 'sine.pt', 'argmax_features.pt', 'two_outputs.pt']) {
      await using model = await load(file);
      for (let seed = 1; seed <= 40; ++seed) {
        const example = Tensor.from([[1, 2, 3, 4].map((i) => Math.sin(seed * 7.3 + i))]);
        expect((await model.warmup({ example })).rowIndependent, `${file}, ${seed}`).to.equal(true);
      }
    }
  });
});
