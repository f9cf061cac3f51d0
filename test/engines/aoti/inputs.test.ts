import { expect } from 'chai';
import { loadModel, Tensor, type DType, type Model, type Value } from 'node-libtorch';
import type { Warmable } from '#dist/model/warmup.js';
import { rejection } from '../../support/errors.js';
import { compiled, scratch, withMetadata } from '../../support/repack.js';

const zeros = (dtype: DType, ...shape: number[]): Tensor => {
  const elements = shape.reduce((product, size) => product * size, 1);
  return new Tensor(
    dtype,
    new { float32: Float32Array, float64: Float64Array, int64: BigInt64Array, bool: Uint8Array }[dtype as 'float32'](
      elements,
    ),
    shape,
  );
};

/** Compiled code reads past the end of, or crashes on, whatever of these got through. */
describe('inputs of compiled code', () => {
  const folder = scratch();
  let elementwise: Model;
  let tokens: Model;
  before(async () => {
    elementwise = await loadModel(compiled('elementwise'));
    tokens = await loadModel(compiled('tokens'));
  });
  after(async () => {
    await elementwise.dispose();
    await tokens.dispose();
  });

  const wrong: [string, Value[], string, RegExp][] = [
    [
      'a row without a batch',
      [zeros('float32', 32)],
      'ERR_INVALID_SHAPE',
      /\[s\d+ 1\.\.8, 32\] for x but received \[32\]/,
    ],
    ['an extra dimension', [zeros('float32', 1, 1, 32)], 'ERR_INVALID_SHAPE', /received \[1, 1, 32\]/],
    ['rank 0', [zeros('float32')], 'ERR_INVALID_SHAPE', /received \[\]/],
    ['too few columns', [zeros('float32', 1, 31)], 'ERR_INVALID_SHAPE', /received \[1, 31\]/],
    ['too many columns', [zeros('float32', 1, 33)], 'ERR_INVALID_SHAPE', /received \[1, 33\]/],
    ['columns and rows exchanged', [zeros('float32', 32, 1)], 'ERR_INVALID_SHAPE', /received \[32, 1\]/],
    ['no rows', [zeros('float32', 0, 32)], 'ERR_INVALID_SHAPE', /\[s\d+ 1\.\.8, 32\] for x but received \[0, 32\]/],
    [
      'more rows than exported',
      [zeros('float32', 9, 32)],
      'ERR_INVALID_SHAPE',
      /\[s\d+ 1\.\.8, 32\] for x but received \[9, 32\]/,
    ],
    ['another dtype', [zeros('float64', 1, 32)], 'ERR_INVALID_DTYPE', /float32 for x but received float64/],
    ['no argument', [], 'ERR_INVALID_INPUT', /arguments x but received an array of 0/],
    ['two arguments', [zeros('float32', 1, 32), zeros('float32', 1, 32)], 'ERR_INVALID_INPUT', /arguments x/],
    ['a number', [1], 'ERR_INVALID_INPUT', /float32 tensor for x but received 1/],
    ['null', [null], 'ERR_INVALID_INPUT', /float32 tensor for x/],
    ['a list', [[zeros('float32', 1, 32)]], 'ERR_INVALID_INPUT', /float32 tensor for x/],
  ];
  for (const [name, args, code, text] of wrong) {
    it(`${name}: ${code}`, async () => {
      const error = await rejection(() => elementwise.call('forward', args), code);
      expect(error.message).to.match(text);
    });
  }

  it('sizes that must be equal are held to that', async () => {
    const ids = zeros('int64', 2, 3);
    for (const mask of [zeros('bool', 3, 3), zeros('bool', 2, 4)]) {
      const error = await rejection(() => tokens.call('forward', { ids, mask }), 'ERR_INVALID_SHAPE');
      expect(error.message).to.match(/one size for the dimensions .*mask/);
    }
    await rejection(() => tokens.call('forward', { ids }), 'ERR_INVALID_INPUT');
    await rejection(() => tokens.call('forward', { ids, mask: ids }), 'ERR_INVALID_DTYPE');
    await rejection(() => tokens.call('forward', { ids, mask: zeros('bool', 2, 3), other: ids }), 'ERR_INVALID_INPUT');
    await rejection(() => tokens.call('forward', [zeros('int64', 2, 17), zeros('bool', 2, 17)]), 'ERR_INVALID_SHAPE');
  });

  it('a size that is twice another is held to that', async () => {
    await using model = await loadModel(compiled('derived'));
    const run = (half: number, whole: number) =>
      model.call('forward', [zeros('float32', half, 2), zeros('float32', whole, 2)]);
    expect(await run(3, 6))
      .to.have.property('shape')
      .that.deep.equals([6, 2]);
    for (const whole of [3, 5, 7]) await rejection(() => run(3, whole), 'ERR_INVALID_SHAPE');
    await rejection(() => run(33, 66), 'ERR_INVALID_SHAPE');
  });

  it('a value that the model itself refuses is an error of the run, without paths and without a word on stderr', async () => {
    const ids = new Tensor('int64', BigInt64Array.of(99n), [1, 1]);
    const error = await rejection(() => tokens.call('forward', [ids, zeros('bool', 1, 1)]), 'ERR_MODEL_EXECUTION');
    expect(error.message).to.match(/^index out of bounds: [^\n/]*\n {2}hint: If these are ids, [^\n/]*$/);
    // And it goes on.
    await tokens.call('forward', [zeros('int64', 1, 1), zeros('bool', 1, 1)]);
  });

  it('C++ checks by itself: what TypeScript let through is refused there', async () => {
    for (const [args, code] of [
      [[zeros('float32', 1, 31)], 'ERR_INVALID_SHAPE'],
      [[zeros('float32', 32)], 'ERR_INVALID_SHAPE'],
      [[zeros('float64', 1, 32)], 'ERR_INVALID_DTYPE'],
      [[], 'ERR_INVALID_INPUT'],
      [[1], 'ERR_INVALID_INPUT'],
    ] as const) {
      await rejection(() => (elementwise as unknown as Warmable).runBound(args, {}, {}), code);
    }
  });

  it('the names of a package that has them cannot be given otherwise', async () => {
    const y = { name: 'y', dtype: 'float32', shape: [null, 32] } as const;
    const signature = { inputs: [y], outputs: [] };
    await rejection(() => loadModel(compiled('elementwise'), { signature }), 'ERR_SIGNATURE_MISMATCH');
  });

  it('without source and signature a package is refused, unless a signature is given', async () => {
    const path = await withMetadata(folder(), 'elementwise', { NODE_LIBTORCH_SIGNATURE: undefined });
    const error = await rejection(() => loadModel(path), 'ERR_MODEL_FORMAT');
    expect(error.message).to.match(/node_libtorch_export\.py.*signature/);
    const signature = {
      inputs: [{ name: 'x', dtype: 'float32', shape: [null, 32] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [null, 32] }],
    } as const;
    await using model = await loadModel(path, { signature });
    expect(model.info.warnings.join()).to.match(/largest sizes are the given signature’s/);
    expect((await model.run(zeros('float32', 2, 32))).shape).to.deep.equal([2, 32]);
    await rejection(() => model.run(zeros('float32', 2, 31)), 'ERR_INVALID_SHAPE');
  });

  it('a plain package is read from its source; its names may be given', async () => {
    await using plain = await loadModel(compiled('mlp'));
    expect(plain.signature?.inputs).to.deep.equal([
      {
        name: 'input0',
        dtype: 'float32',
        shape: [null, 4],
        bounds: [{ min: 1, max: 64 }, null],
        symbols: ['s77', null],
      },
    ]);
    expect((plain as unknown as { maxRows: number }).maxRows).to.equal(64);
    await rejection(() => plain.run(zeros('float32', 65, 4)), 'ERR_INVALID_SHAPE');
    expect((await plain.run(zeros('float32', 1, 4))).shape).to.deep.equal([1, 3]);
    const signature = {
      inputs: [{ name: 'pixels', dtype: 'float32', shape: [null, 4] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: [null, 3] }],
    } as const;
    await using named = await loadModel(compiled('mlp'), { signature });
    expect(await named.call('forward', { pixels: zeros('float32', 2, 4) }))
      .to.have.property('shape')
      .that.deep.equals([2, 3]);
  });
});
