/** Sizes that compiled packages take: those that were exported, not those that PyTorch conjectured while it compiled. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor, type Model, type TensorSpec } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture, root } from '../support/paths.js';
import { recordedCases } from '../support/recorded.js';
import { compiled, entriesIn, scratch, type Entry } from '../support/repack.js';
import { expectValue } from '../support/values.js';
import { zip } from '../support/zip.js';

const folder = 'faults/bounds-pt2';
const file = (name: string): string => fixture(`${folder}/${name}.pt2`);
const images = (rows: number): Tensor => new Tensor('float32', new Float32Array(rows * 48), [rows, 3, 4, 4]);

async function expectAnswers(model: Model, name: string): Promise<number[]> {
  const rows: number[] = [];
  for (const { ways, expected, tolerance } of recordedCases(folder).find((one) => one.name === name)?.calls ?? []) {
    const args = ways([])[0] as readonly Tensor[];
    expectValue(await model.call('forward', args), expected, tolerance);
    rows.push(args[0]?.shape[0] as number);
  }
  return rows;
}

describe('sizes that compiled packages take', () => {
  const temporary = scratch();
  const changed = async (path: string, change: (entries: Entry[]) => Entry[]): Promise<string> => {
    const copy = join(temporary(), `${Math.random().toString(36).slice(2)}.pt2`);
    writeFileSync(copy, zip(change(await entriesIn(path))));
    return copy;
  };

  // PyTorch chooses a convolution's backend by "16 rows or more", and writes "at most 15" into the source.
  it('a convolution exported for 1 to 64 rows answers as PyTorch for each of them', async () => {
    await using model = await loadModel(file('images'));
    expect(await expectAnswers(model, 'images')).to.include.members([1, 15, 16, 64]);
  });

  it('in a queue too, in batches of more than 15 rows', async () => {
    await using model = await loadModel(file('images'));
    expect((await model.warmup({ batchSizes: [1, 32] })).batchSizes).to.deep.equal([1, 32]);
    await using queue = new BatchQueue(model, { maxBatchSize: 32 });
    const sizes: number[] = [];
    queue.on('batch', ({ rows }) => sizes.push(rows));
    await Promise.all(Array.from({ length: 96 }, () => queue.run(images(1))));
    expect(Math.max(...sizes)).to.be.greaterThan(15);
  });

  it('where its kernels cannot be read, more than 15 rows are refused with the reason and both ways out', async () => {
    const path = await changed(file('images'), (all) => all.filter(({ name }) => !name.endsWith('.kernel.cpp')));
    await using model = await loadModel(path);
    await model.run(images(15));
    const { message } = await rejection(() => model.run(images(16)), 'ERR_INVALID_SHAPE');
    expect(message)
      .to.match(/1\.\.15/)
      .and.to.match(/check that PyTorch wrote/);
    expect(message)
      .to.match(/node_libtorch_export\.py/)
      .and.to.match(/signature/);
    // One of them.
    const image: TensorSpec = {
      name: 'image',
      dtype: 'float32',
      shape: [null, 3, 4, 4],
      bounds: [{ min: 1, max: 64 }, null, null, null],
    };
    await using vouched = await loadModel(path, { signature: { inputs: [image], outputs: [] } });
    await expectAnswers(vouched, 'images');
    const beyond = await rejection(() => vouched.run(images(65)), 'ERR_INVALID_SHAPE');
    expect(beyond.message).not.to.match(/check that PyTorch wrote/);
  });

  it('the ranges of an exported program in the package count', async () => {
    const program = (symbol: string) =>
      JSON.stringify({ range_constraints: { [symbol]: { min_val: 1, max_val: 40 } } });
    const source = (await entriesIn(file('images'))).find(({ name }) => name.endsWith('.wrapper.cpp'))?.data.toString();
    const symbol = /int64_t (s\d+) =/.exec(String(source))?.[1] as string;
    const path = await changed(file('images'), (all) => [
      ...all,
      { name: 'images/models/model.json', data: Buffer.from(program(symbol)) },
    ]);
    await using model = await loadModel(path);
    await model.run(images(40));
    await rejection(() => model.run(images(41)), 'ERR_INVALID_SHAPE');
  });

  it('a bound that keeps reads inside a table stays', async () => {
    await using table = await loadModel(file('table'));
    await expectAnswers(table, 'table');
    await rejection(() => table.run(new Tensor('float32', new Float32Array(13), [13])), 'ERR_INVALID_SHAPE');
    await using mlp = await loadModel(compiled('mlp'));
    const { message } = await rejection(
      () => mlp.run(new Tensor('float32', new Float32Array(260), [65, 4])),
      'ERR_INVALID_SHAPE',
    );
    expect(message).to.match(/1\.\.64/);
  });

  it('a wrong rank, dtype or fixed size never reaches the code, whatever bounds are lifted', async () => {
    await using model = await loadModel(file('images'));
    for (const [shape, code] of [
      [[2, 3, 4], 'ERR_INVALID_SHAPE'],
      [[2, 3, 4, 5], 'ERR_INVALID_SHAPE'],
      [[2, 4, 4, 4], 'ERR_INVALID_SHAPE'],
      [[0, 3, 4, 4], 'ERR_INVALID_SHAPE'],
    ] as const) {
      const elements = shape.reduce((product, size) => product * size, 1);
      await rejection(() => model.run(new Tensor('float32', new Float32Array(elements), shape)), code);
    }
    await rejection(() => model.run(new Tensor('float64', new Float64Array(48), [1, 3, 4, 4])), 'ERR_INVALID_DTYPE');
  });
});

describe('what our exporter writes down', () => {
  it('names of dimensions, for inputs and outputs', async () => {
    await using model = await loadModel(file('mixed'));
    expect(model.signature?.inputs.map(({ symbols }) => symbols)).to.deep.equal([
      ['batch', null],
      ['batch', 'columns'],
    ]);
    expect(model.signature?.outputs[0]).to.deep.equal({
      ...{ name: 'sum', dtype: 'float32', shape: [null, 3] },
      bounds: [{ min: 1, max: 64 }, null],
      symbols: ['batch', null],
    });
    const inspected = spawnSync(process.execPath, [`${root}dist/cli/main.js`, 'inspect', file('mixed')], {
      encoding: 'utf8',
    });
    expect(inspected.stdout).to.match(/in y +float32 \[batch 1\.\.64, columns 2\.\.9\]/);
    expect(inspected.stdout).to.match(/out sum +float32 \[batch 1\.\.64, 3\]/);
    const x = new Tensor('float32', new Float32Array(65 * 3), [65, 3]);
    const { message } = await rejection(() => model.call('forward', [x, x]), 'ERR_INVALID_SHAPE');
    expect(message).to.match(/batch 1\.\.64/);
  });

  it('None, ints and bools among the results come out as in Python', async () => {
    await using model = await loadModel(file('mixed'));
    expect(await expectAnswers(model, 'mixed')).to.deep.equal([2, 1]);
    expect(model.signature?.outputs.map(({ name, type }) => [name, type])).to.deep.equal([
      ['sum', undefined],
      ['hidden', 'NoneType'],
      ['classes', 'int'],
      ['rows', 'int'],
      ['flag', 'bool'],
      ['all.0', undefined],
      ['all.1', 'NoneType'],
    ]);
    await model.warmup();
    await rejection(() => new BatchQueue(model), 'ERR_NOT_BATCHABLE');
  });
});
