import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Tensor, type DType } from 'node-libtorch';
import type { ModelHandle } from '#dist/addon/addon.js';
import { FlatCalls } from '#dist/engines/torch/flat-calls.js';
import { startAddon, type StartedAddon } from '#dist/engines/torch/started-addon.js';
import { toWire } from '#dist/engines/torch/wire.js';
import { dtypes, dtypeTable } from '#dist/tensor/dtype.js';
import { fixture } from '../../support/paths.js';

/** Elements that are no zeros. */
function tensorOf(dtype: DType, shape: readonly number[]): Tensor {
  const { array, kind } = dtypeTable[dtype];
  const data = new array(shape.reduce((product, size) => product * size, 1));
  const wide = typeof data[0] === 'bigint';
  for (let i = 0; i < data.length; ++i) {
    const value = kind === 'bool' ? 1 : (i % 100) + 1;
    data[i] = wide ? BigInt(value) : value;
  }
  return new Tensor(dtype, data, shape);
}

describe('calls with flat arguments', () => {
  let started: StartedAddon;
  let handle: ModelHandle;
  let flat: FlatCalls;
  before(async () => {
    started = await startAddon();
    const { addon, dispatcher } = started;
    handle = addon.createModel(1, 1);
    const file = await readFile(fixture('torchscript/dtypes.pt'));
    const bytes = addon.allocateArtifact(file.length);
    new Uint8Array(bytes).set(file);
    const texts = { device: 'cpu', precision: 'auto', outputDtype: 'native', optimize: 'freeze', autograd: 'auto' };
    await dispatcher.start((id) => {
      addon.load(id, handle, { ...texts, bytes, operatorLibraries: [] });
    });
    flat = new FlatCalls(addon, handle);
  });
  after(() => started.dispatcher.start((id) => started.addon.dispose(id, handle)));

  for (const dtype of dtypes) {
    it(`bring ${dtype} back, of every shape, in memory of its own`, () => {
      for (const shape of [[], [0], [3, 0, 2], [1], [16], [17], [2, 3, 5], Array<number>(32).fill(1)]) {
        const given = tensorOf(dtype, shape);
        expect(flat.run('identity', [given]), String(shape)).to.equal(true);
        const result = flat.result();
        const again = (flat.run('identity', [tensorOf(dtype, [16])]), flat.result());
        expect(result).to.deep.equal(given);
        expect(result.data.buffer).not.to.equal(again.data.buffer);
        expect(result.data.buffer.byteLength).to.equal(result.data.byteLength);
      }
    });
  }

  it('take several tensors, and say what the run took', () => {
    const [x, y] = [Tensor.from([2, 3]), Tensor.from([5, 7])];
    expect(flat.run('arithmetic', [x, y])).to.equal(true);
    expect([...flat.result().data]).to.deep.equal([12, 24]);
    expect([flat.runMs > 0, flat.heldMs > 0, flat.heldMs < 1000]).to.deep.equal([true, true, true]);
  });

  it('hand over as objects what is no single tensor, or has no room', () => {
    const pair = flat.run('widen', [Tensor.from([1, -1])]) as readonly unknown[];
    expect([pair[0], (pair[1] as unknown[]).length]).to.deep.equal([null, 2]);
    const large = tensorOf('float32', [4097]);
    const outcome = flat.run('identity', [large]) as readonly unknown[];
    expect(outcome[0]).to.equal(null);
    expect(outcome[1]).to.deep.include({ dtype: 'float32', shape: [4097] });
    expect(flat.run('identity', [tensorOf('float32', [4096])])).to.equal(true);
    expect(flat.result()).to.deep.equal(tensorOf('float32', [4096]));
  });

  it('bring an error as runHere does', () => {
    const wrong = [tensorOf('float32', [2]), tensorOf('float32', [3])];
    const [error] = flat.run('arithmetic', wrong) as readonly unknown[];
    const [same] = started.addon.runHere(
      handle,
      'arithmetic',
      wrong.map((value) => toWire(value, 'x')),
    ) as readonly unknown[];
    expect(error).to.have.property('code', 'ERR_MODEL_EXECUTION');
    expect(error).to.deep.equal(same);
  });

  it('are none where an argument is no tensor, or there are too many', () => {
    const x = Tensor.from([1]);
    expect(flat.run('identity', [1])).to.equal(null);
    expect(flat.run('identity', [x, undefined])).to.equal(null);
    expect(flat.run('identity', [x, [x]])).to.equal(null);
    expect(flat.run('identity', Array<Tensor>(100).fill(x))).to.equal(null);
  });

  const raw =
    (numbers: readonly number[], ...data: ArrayBufferView[]) =>
    () =>
      started.addon.runTensors(handle, 'identity', Float64Array.from(numbers), new Uint8Array(64), ...data);
  const four = new Float32Array(4);
  const cases: [string, string, () => unknown][] = [
    ['no numbers', 'ERR_INVALID_ARGUMENT', raw([], four)],
    ['more tensors than arrays', 'ERR_INVALID_ARGUMENT', raw([2, 0, 1, 4], four)],
    ['half a tensor', 'ERR_INVALID_ARGUMENT', raw([0.5, 0, 1, 4], four)],
    ['a dtype that is none', 'ERR_INVALID_DTYPE', raw([1, dtypes.length, 1, 4], four)],
    ['another typed array', 'ERR_INVALID_DTYPE', raw([1, 1, 1, 4], four)],
    ['an array that is none', 'ERR_INVALID_DTYPE', raw([1, 0, 1, 4], {} as never)],
    ['a rank above 32', 'ERR_INVALID_SHAPE', raw([1, 0, 33, ...Array<number>(33).fill(1)], four)],
    ['a shape that is cut off', 'ERR_INVALID_SHAPE', raw([1, 0, 2, 4], four)],
    ['a negative dimension', 'ERR_INVALID_SHAPE', raw([1, 0, 1, -4], four)],
    ['NaN for a dimension', 'ERR_INVALID_SHAPE', raw([1, 0, 1, NaN], four)],
    ['other elements than the shape has', 'ERR_INVALID_SHAPE', raw([1, 0, 1, 5], four)],
    ['a shape that overflows', 'ERR_INVALID_SHAPE', raw([1, 0, 3, 0, 2 ** 53 - 1, 2 ** 53 - 1], new Float32Array(0))],
  ];
  for (const [what, code, call] of cases) {
    it(`are refused by C++ alone with ${what}`, () => {
      expect(call).to.throw().with.property('code', code);
    });
  }
});
