import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments, type InputContext } from '#dist/cli/input.js';
import { parseNpy as parsed } from '#dist/tensor/npy.js';
import { toJson, toText } from '#dist/cli/output.js';
import { formatBytes } from '#dist/cli/report.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { rejection } from '../support/rejection.js';

/** A .npy file as NumPy writes it: the header padded to a multiple of 64 bytes. */
function npy(descr: string, shape: string, data: Uint8Array, { order = 'False', version = 1 } = {}): Uint8Array {
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  const lengthBytes = version === 1 ? 2 : 4;
  const total = Math.ceil((8 + lengthBytes + dictionary.length + 1) / 64) * 64;
  const header = `${dictionary.padEnd(total - 8 - lengthBytes - 1)}\n`;
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntLE(header.length, 0, lengthBytes);
  return Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from(`NUMPY`),
    Buffer.from([version, 0]),
    length,
    Buffer.from(header),
    data,
  ]);
}
const raw = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A file of numbers or bools. */
const parseNpy = (file: Uint8Array): Tensor => parsed(file) as Tensor;

describe('.npy', () => {
  it('reads every dtype and every format', () => {
    const floats = Float32Array.of(1, 2, 3, 4, 5, 6);
    for (const version of [1, 2, 3]) {
      const tensor = parseNpy(npy('<f4', '2, 3', raw(floats), { version }));
      expect(tensor.toArray()).to.deep.equal([
        [1, 2, 3],
        [4, 5, 6],
      ]);
    }
    expect(parseNpy(npy('<i8', '2,', raw(BigInt64Array.of(-1n, 2n ** 60n)))).toArray()).to.deep.equal([-1n, 2n ** 60n]);
    expect(parseNpy(npy('|b1', '2,', Uint8Array.of(1, 0))).toArray()).to.deep.equal([true, false]);
    expect(parseNpy(npy('<f8', '', raw(Float64Array.of(7)))).toArray()).to.equal(7);
    expect(parseNpy(npy('<f2', '1,', raw(Uint16Array.of(0x3c00)))).toArray()).to.deep.equal([1]);
    expect(parseNpy(npy('<f4', '0, 3', new Uint8Array())).shape).to.deep.equal([0, 3]);
  });

  const data = raw(Float32Array.of(1, 2, 3, 4));
  const refused: [string, Uint8Array][] = [
    ['another file', Buffer.from('PK\u0003\u0004 and so on, a zip file')],
    ['an empty file', new Uint8Array()],
    ['records', npy('|V4', '4,', data)],
    ['objects', npy('|O', '4,', data)],
    ['a name of every object', npy('constructor', '4,', data)],
    ['a future format', npy('<f4', '4,', data, { version: 9 })],
    ['a cut header', npy('<f4', '4,', data).subarray(0, 40)],
    ['cut data', npy('<f4', '4,', data.subarray(0, 13))],
    ['too little data', npy('<f4', '5,', data)],
    ['a negative dimension', npy('<f4', '-4,', data)],
  ];
  for (const [name, file] of refused) {
    it(`refuses ${name}`, () => {
      expect(() => parseNpy(file))
        .to.throw()
        .with.property('code')
        .that.matches(/^ERR_INVALID_/);
    });
  }
});

describe('run --input', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'node-libtorch-cli-'))));
  after(() => rm(folder, { recursive: true }));

  const read = async (content: unknown, types: string[] = ['Tensor'], extra: Partial<InputContext> = {}) => {
    const file = join(folder, 'input.json');
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    const args = types.map((type, index) => ({ name: `a${index}`, type, hasDefault: false }));
    return readArguments([file], { method: { name: 'forward', args, returns: [] }, signature: undefined, ...extra });
  };
  const failure = async (promise: Promise<unknown>) => (await rejection(promise)).code;

  it('takes nested arrays as float32, or as the dtype of the signature', async () => {
    expect(await read([[1, 2]])).to.deep.equal([Tensor.from([[1, 2]])]);
    const signature = { inputs: [{ name: 'a0', dtype: 'int64' as const, shape: [null] }], outputs: [] };
    expect(await read([1, 2], ['Tensor'], { signature })).to.deep.equal([Tensor.from([1, 2], 'int64')]);
    expect(await read([1, 2], ['Optional[Tensor]'])).to.deep.equal([Tensor.from([1, 2])]);
  });

  it('takes tensors with a dtype and a shape', async () => {
    const literal = { dtype: 'int64', shape: [1, 2], data: [1, '9007199254740993'] };
    expect(await read(literal)).to.deep.equal([new Tensor('int64', BigInt64Array.of(1n, 9007199254740993n), [1, 2])]);
    expect(await read({ dtype: 'float32', data: [['NaN', '-Infinity']] })).to.deep.equal([
      Tensor.from([[NaN, -Infinity]]),
    ]);
  });

  it('takes all arguments, by position or by name, each as its type wants', async () => {
    expect(
      await read({ args: [[1], [1, 2], null, 'x'] }, ['Tensor', 'List[int]', 'Optional[Tensor]', 'str']),
    ).to.deep.equal([Tensor.from([1]), [1, 2], null, 'x']);
    expect(await read({ args: { a0: [[1], [2]] } }, ['List[Tensor]'])).to.deep.equal({
      a0: [Tensor.from([1]), Tensor.from([2])],
    });
  });

  it('takes the body of a request', async () => {
    const signature = { inputs: [{ name: 'x', dtype: 'float32' as const, shape: [null, 3] }], outputs: [] };
    const body = (content: object) => read(content, ['Tensor'], { signature });
    expect(await body({ input_data: [1, 2, 3] })).to.deep.equal([Tensor.from([[1, 2, 3]])]);
    expect(await body({ input_data: [1, 2, 3, 4, 5, 6], batch_size: 2 })).to.deep.equal([
      Tensor.from([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ]);
    expect(await failure(body({ input_data: [1, 2] }))).to.equal('ERR_INVALID_SHAPE');
  });

  it('refuses what it cannot read, without quoting it', async () => {
    const error = await rejection(read('{"a": secret}'));
    expect(error.code).to.equal('ERR_INVALID_INPUT');
    expect(error.message).not.to.include('secret');
    expect(await failure(read([[1], [1, 2]]))).to.equal('ERR_INVALID_SHAPE');
    expect(await failure(read({ dtype: 'float8', data: [] }))).to.equal('ERR_INVALID_DTYPE');
    expect(await failure(read({ dtype: 'float32', data: ['x'] }))).to.equal('ERR_INVALID_INPUT');
    expect(await failure(read({ dtype: 'float32', data: [1], shape: [2] }))).to.equal('ERR_INVALID_SHAPE');
    expect(await failure(readArguments([join(folder, 'none')], {} as InputContext))).to.equal('ERR_INVALID_INPUT');
  });
});

describe('what the CLI prints', () => {
  const value = {
    scores: new Tensor('float32', Float32Array.of(0.1, NaN), [1, 2]),
    list: [1n, 2n ** 60n, 'x', null, true],
    map: new Map([[1, 2]]),
  };

  it('is JSON without loss', () => {
    expect(JSON.parse(JSON.stringify(toJson(value)))).to.deep.equal({
      scores: { dtype: 'float32', shape: [1, 2], data: [Math.fround(0.1), 'NaN'] },
      list: [1, '1152921504606846976', 'x', null, true],
      map: [[1, 2]],
    });
  });

  it('is text that a person reads', () => {
    expect(toText(value)).to.include('scores: float32 [1, 2]').and.include('0.1,').and.include('1: 2');
    expect(formatBytes(512)).to.equal('512 B');
    expect(formatBytes(947848)).to.equal('925.6 KiB');
  });
});
