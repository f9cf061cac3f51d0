/** N5: memory that a batch was gathered in is used again only once nothing refers to it: no model that kept its input. */
import { expect } from 'chai';
import { loadModel, Tensor, type Value } from 'node-libtorch';
import { startAddon } from '#dist/engines/torch/started-addon.js';
import type { Batchable } from '#dist/model/batchable.js';
import { slabPool } from '#dist/model/collate.js';
import { fixture } from '../support/paths.js';

const row = (value: number): Tensor => new Tensor('float32', Float32Array.of(value), [1, 1]);

/** One batch of the rows. What a queue does, without its verdict on the model: these keep what they get, in many ways. */
async function batch(model: Batchable, ...rows: readonly number[]): Promise<readonly Value[]> {
  const calls = rows.map((value) => model.prepare('forward', [row(value)]));
  return (await model.runBatch(calls)).values;
}

const numbers = (values: readonly Value[]): number[] => values.map((value) => (value as Tensor<'float32'>).data[0]!);

describe('inputs that a model keeps', () => {
  for (const optimize of ['none', 'freeze'] as const) {
    const load = async (name: string): Promise<Batchable> =>
      (await loadModel(fixture(`faults/slabs/keeps_${name}.pt`), { optimize })) as Batchable;

    for (const name of ['list', 'dict', 'view']) {
      it(`(${name}, ${optimize}) are as they came, whatever later batches hold`, async () => {
        await using model = await load(name);
        const first = name === 'view' ? 12 : 11; // the view is of the last row
        for (const rows of [
          [11, 12],
          [22, 23],
          [33, 34],
          [44, 45],
        ]) {
          expect(numbers(await batch(model, ...rows))).to.deep.equal([first, first]);
        }
      });
    }

    it(`(one of them, ${optimize}) is the one before, each time`, async () => {
      await using model = await load('last');
      const answers = [];
      for (const value of [11, 22, 33, 44]) answers.push(...numbers(await batch(model, value)));
      expect(answers).to.deep.equal([0, 11, 22, 33]);
    });

    it(`(${optimize}) are not the memory of an answer that is the input`, async () => {
      await using model = await load('returns');
      const seen: Value[] = [];
      for (const value of [11, 22, 33]) {
        const [answer] = await batch(model, value);
        const [own, first] = answer as unknown as readonly [Tensor<'float32'>, Tensor<'float32'>];
        expect([own.data[0], first.data[0]]).to.deep.equal([value, 11]);
        own.data[0] = -1; // the caller's own
        seen.push(own);
      }
      expect(numbers(seen)).to.deep.equal([-1, -1, -1]);
    });
  }

  it('cost nothing else: memory is free again after the run of a model that keeps nothing, and its neighbour’s is not', async () => {
    const { addon } = await startAddon();
    for (const [file, isFree] of [
      ['torchscript/linear.pt', true],
      ['faults/slabs/keeps_list.pt', false],
    ] as const) {
      await using model = await loadModel(fixture(file));
      const memory = addon.allocateBytes(4096);
      expect(addon.isFree(memory)).to.equal(true);
      const columns = isFree ? 4 : 1;
      await model.run(new Tensor('float32', new Float32Array(memory, 0, 2 * columns), [2, columns]));
      expect(addon.isFree(memory), file).to.equal(isFree);
    }
  });

  it('leave a pool that gives out what is free, and asks for more only then', () => {
    const asked: ArrayBuffer[] = [];
    const kept = new Set<ArrayBuffer>();
    const allocate = (bytes: number): ArrayBuffer => (asked.push(new ArrayBuffer(bytes)), asked.at(-1)!);
    const pool = slabPool(allocate, (slab) => !kept.has(slab));
    const first = pool.take(5000);
    pool.give(first);
    expect(pool.take(8000)).to.equal(first);
    kept.add(first);
    pool.give(first);
    expect(pool.take(8000)).not.to.equal(first);
    expect(asked.map(({ byteLength }) => byteLength)).to.deep.equal([8192, 8192]);
  });
});
