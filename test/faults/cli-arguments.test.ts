/** Findings O12 and T13: the arguments of `node-libtorch run`. The files are NumPy's own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Tensor, type Signature, type TensorSpec } from 'node-libtorch';
import { readArguments } from '#dist/cli/input.js';
import { parseNpy } from '#dist/tensor/npy.js';
import { node } from '../support/child.js';
import { rejection } from '../support/errors.js';
import { fixture, onnx, root } from '../support/paths.js';

const file = (name: string): string => fixture(`faults/npy/${name}`);
const main = `${root}dist/cli/main.js`;
const run = (model: string, ...args: string[]) => node([main, 'run', model, ...args, '--json']);

interface Recorded {
  readonly shape: readonly number[];
  readonly data: unknown;
}
const arrays = JSON.parse(readFileSync(file('arrays.json'), 'utf8')) as Readonly<Record<string, Recorded>>;

describe('faults: arguments of the command line', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'node-libtorch-arguments-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const [name, { shape, data }] of Object.entries(arrays)) {
    it(`${name}.npy has the elements that NumPy has`, () => {
      const value = parseNpy(readFileSync(file(`${name}.npy`)));
      if (value instanceof Tensor) {
        expect(value.shape).to.deep.equal(shape);
        const elements = value.toArray();
        const plain = JSON.stringify(elements, (_, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
        expect(JSON.parse(plain)).to.deep.equal(data);
      } else expect(value).to.deep.equal(data);
    });
  }

  describe('are converted to what the signature asks for', () => {
    const read = (name: string, dtype: TensorSpec['dtype']) => {
      const signature: Signature = { inputs: [{ name: 'x', dtype, shape: null }], outputs: [] };
      return readArguments([file(name)], { method: undefined, signature }) as Promise<Tensor[]>;
    };
    const conversions: [name: string, dtype: NonNullable<TensorSpec['dtype']>][] = [
      ['float64.npy', 'float32'],
      ['int64.npy', 'float32'],
      ['int64.npy', 'int32'],
      ['int64.npy', 'uint8'],
      ['fortran.npy', 'float64'],
      ['fortran.npy', 'float16'],
      ['big_endian.npy', 'float64'],
    ];
    for (const [name, dtype] of conversions) {
      it(`${name} to ${dtype}`, async () => {
        const [tensor] = await read(name, dtype);
        const { shape, data } = arrays[name.replace('.npy', '')] as Recorded;
        expect(tensor?.dtype).to.equal(dtype);
        expect(tensor?.shape).to.deep.equal(shape);
        expect(tensor?.toArray()).to.deep.equal(data);
      });
    }

    it('but not where that would lose something: the model refuses it', async () => {
      await rejection(() => read('fortran_int64.npy', 'uint8'), 'ERR_OUT_OF_RANGE');
      expect((await read('float64.npy', 'int64'))[0]?.dtype).to.equal('float64');
      expect((await read('fortran_bool.npy', 'float32'))[0]?.dtype).to.equal('bool');
      expect((await read('float64.npy', null))[0]?.dtype).to.equal('float64');
    });
  });

  describe('in a .npz file', () => {
    const model = fixture('faults/onnx/overridable.onnx');
    const answers: [name: string, wanted: number[]][] = [
      ['named.npz', [3, 7, 9, 13]],
      ['packed.npz', [3, 7, 9, 13]],
      ['numbered.npz', [12, 24, 16, 28]],
    ];
    for (const [name, wanted] of answers) {
      it(`${name} are given by their names, or in order`, async () => {
        const ended = await run(model, '--input', file(name));
        expect(ended.code, ended.stderr).to.equal(0);
        expect((JSON.parse(ended.stdout) as { output: { data: number[] } }).output.data).to.deep.equal(wanted);
      });
    }

    it('may be packed a thousand times', async () => {
      const signature: Signature = { inputs: [{ name: 'x', dtype: 'float32', shape: null }], outputs: [] };
      const args = (await readArguments([file('zeros.npz')], { method: undefined, signature })) as { x: Tensor };
      expect(args.x.shape).to.deep.equal([400_000, 2]);
    });

    it('are refused beside other files, and where it is damaged or another archive', async () => {
      const context = { method: undefined, signature: undefined };
      await rejection(() => readArguments([file('named.npz'), file('int64.npy')], context), 'ERR_INVALID_INPUT');
      const bytes = readFileSync(file('packed.npz'));
      const damaged = join(folder, 'damaged.npz');
      const wrong: [string, Uint8Array][] = [
        ['cut', bytes.subarray(0, bytes.length - 30)],
        ['empty', new Uint8Array()],
        ['an array', readFileSync(file('int64.npy'))],
        ['a model', readFileSync(fixture('torchscript/linear.pt'))],
        ['changed inside', Buffer.from(bytes).fill(0xff, 45, 60)],
      ];
      for (const [what, content] of wrong) {
        writeFileSync(damaged, content);
        const { message } = await rejection(() => readArguments([damaged], context), 'ERR_INVALID_INPUT');
        expect(message, what).to.include('.npz');
      }
    });
  });

  it('none need no --input, for a model of any format; a model with arguments says which are missing', async () => {
    const ended = await run(fixture('faults/onnx/no_arguments.onnx'));
    expect(ended.code, ended.stderr).to.equal(0);
    expect(JSON.parse(ended.stdout)).to.have.nested.property('output.data').that.deep.equals([-1, -2]);
    const optional = await run(fixture('faults/onnx/overridable_kinds.onnx'));
    expect(optional.code, optional.stderr).to.equal(0);
    const missing = await node([main, 'run', onnx('two')]);
    expect(missing.code).to.equal(1);
    expect(missing.stderr).to.match(/ERR_INVALID_INPUT.*inputs a, b/s);
  });
});
