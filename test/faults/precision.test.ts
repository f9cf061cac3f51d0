/** Precision (T6, T7): tied weights stay tied, and weights are converted wherever they lie. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadModel, runtime, Tensor } from 'node-libtorch';
import { fixture } from '../support/paths.js';

interface Case {
  readonly name: string;
  readonly x: readonly number[];
  /** Of the same weights in float32. */
  readonly want: readonly number[];
  /** Of parameters and buffers in float32, shared memory counted once. */
  readonly bytes?: number;
}

const folder = 'faults/precision/';
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8')) as Case[];

describe('faults: precision', () => {
  for (const optimize of ['freeze', 'none'] as const) {
    for (const { name, x, want, bytes } of cases) {
      it(`converts all of ${name} to float32, optimize ${optimize}`, async () => {
        await using model = await loadModel(fixture(`${folder}${name}.pt`), { precision: 'fp32', optimize });
        const output = await model.run(new Tensor('float32', Float32Array.from(x), [1, 4]));
        expect(output.dtype).to.equal('float32');
        for (const [at, number] of Array.from(output.data as Float32Array).entries())
          expect(number).to.be.closeTo(want[at] as number, 1e-5 * (1 + Math.abs(number)));
        if (bytes !== undefined) expect(model.info.parameterBytes).to.equal(bytes);
      });
    }
  }

  it('converts to bfloat16 likewise, where the CPU has it', async function () {
    const { bfloat16 } = await runtime.info();
    if (!bfloat16) this.skip();
    for (const { name, x, want } of cases) {
      await using model = await loadModel(fixture(`${folder}${name}.pt`), { precision: 'bf16' });
      const output = await model.run(new Tensor('float32', Float32Array.from(x), [1, 4]));
      for (const [at, number] of Array.from(output.data as Float32Array).entries())
        expect(number, name).to.be.closeTo(want[at] as number, 0.05 * (1 + Math.abs(number)));
    }
  });
});
