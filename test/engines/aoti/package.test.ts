import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';
import { rawZip, type RawEntry } from '../../support/raw-zip.js';
import { zip } from '../../support/zip.js';
import { compiled, entriesOf, repacked, scratch, withMetadata, type Entry } from '../../support/repack.js';

/** What would run as native code is looked at first. Nothing may stay behind of what is refused. */
describe('packages that are refused', () => {
  const folder = scratch();
  const leftovers = (): string[] => readdirSync(process.env.NODE_LIBTORCH_TMPDIR as string);
  let before: string | undefined;
  beforeEach(() => {
    before = process.env.NODE_LIBTORCH_TMPDIR;
    process.env.NODE_LIBTORCH_TMPDIR = folder();
  });
  afterEach(() => {
    expect(leftovers().filter((name) => name.startsWith('node-libtorch'))).to.deep.equal([]);
    if (before === undefined) delete process.env.NODE_LIBTORCH_TMPDIR;
    else process.env.NODE_LIBTORCH_TMPDIR = before;
  });

  const refused = async (change: (entries: Entry[]) => readonly Entry[], code: string, text: RegExp): Promise<void> => {
    const path = await repacked(folder(), 'elementwise', change);
    expect((await rejection(() => loadModel(path), code)).message).to.match(text);
  };
  const library = (entry: Entry): boolean => entry.name.endsWith('.so');
  const changedLibrary = (change: (data: Buffer) => Buffer) => (entries: Entry[]) =>
    entries.map((entry) => (library(entry) ? { ...entry, data: change(Buffer.from(entry.data)) } : entry));

  it('a repacked one still works', async () => {
    await using model = await loadModel(await repacked(folder(), 'elementwise', (entries) => entries));
    const y = await model.run(new Tensor('float32', new Float32Array(32), [1, 32]));
    expect(y.data[31]).to.equal(-62);
  });

  it('without its library: ERR_MODEL_FORMAT, no compiler is started', async () => {
    const flags = { compiler: `touch ${join(folder(), 'compiled')};`, compile_only: true };
    const source = (entry: Entry): Entry[] => [
      { name: entry.name.replace(/\.so$/, '.cpp'), data: Buffer.from('') },
      { name: entry.name.replace(/\.so$/, '_compile_flags.json'), data: Buffer.from(JSON.stringify(flags)) },
    ];
    await refused(
      (entries) => entries.flatMap((entry) => (library(entry) ? source(entry) : [entry])),
      'ERR_MODEL_FORMAT',
      /without its compiled library/,
    );
    expect(readdirSync(folder())).not.to.include('compiled');
  });

  for (const [members, text] of [
    [{ AOTI_CPU_ISA: 'AVX9000' }, /compiled for a CPU with AVX9000, but this machine is one that is not known/],
    [
      { AOTI_MACHINE: process.arch === 'x64' ? 'aarch64' : 'x86_64' },
      /compiled for (aarch64|x86_64), but this machine is (x64|arm64)/,
    ],
    [{ AOTI_PLATFORM: 'win32' }, /compiled for win32, but this machine is linux/],
  ] as const) {
    it(`for ${JSON.stringify(members)}: ERR_PLATFORM_UNSUPPORTED`, async () => {
      const path = await withMetadata(folder(), 'elementwise', members);
      expect((await rejection(() => loadModel(path), 'ERR_PLATFORM_UNSUPPORTED')).message).to.match(text);
    });
  }

  it('for CUDA, or asked to run on it, or in another precision', async () => {
    const cuda = await withMetadata(folder(), 'elementwise', { AOTI_DEVICE_KEY: 'cuda' });
    await rejection(() => loadModel(cuda, { device: 'cpu' }), 'ERR_DEVICE_UNAVAILABLE');
    await rejection(() => loadModel(compiled('elementwise'), { device: 'cuda' }), 'ERR_DEVICE_UNAVAILABLE');
    await rejection(() => loadModel(compiled('elementwise'), { precision: 'bf16' }), 'ERR_PRECISION_UNSUPPORTED');
    const none = await withMetadata(folder(), 'elementwise', { AOTI_DEVICE_KEY: undefined });
    await rejection(() => loadModel(none), 'ERR_MODEL_FORMAT');
  });

  it('with a library of another machine, of another kind, or cut off', async () => {
    const write = (at: number, value: number) => (data: Buffer) => {
      data.writeUInt16LE(value, at);
      return data;
    };
    await refused(changedLibrary(write(18, 183)), 'ERR_PLATFORM_UNSUPPORTED', /compiled for arm64/);
    await refused(changedLibrary(write(18, 243)), 'ERR_PLATFORM_UNSUPPORTED', /ELF machine 243/);
    await refused(changedLibrary(write(16, 2)), 'ERR_MODEL_FORMAT', /another type/);
    await refused(
      changedLibrary((data) => data.subarray(0, data.length / 2)),
      'ERR_MODEL_FORMAT',
      /truncated/,
    );
    await refused(
      changedLibrary(() => Buffer.from('#!/bin/sh')),
      'ERR_MODEL_FORMAT',
      /no ELF file/,
    );
  });

  const model = 'elementwise/data/aotinductor/model/';
  for (const [what, name] of [
    ['an absolute name', '/etc/node-libtorch-was-here'],
    ['a name that leads out', `${model}../../../../../was-here`],
    ['a backslash', `${model}..\\was-here`],
    ['a NUL', `${model}was\0here`],
    ['a dot as a folder', `${model}./was-here`],
    ['an empty folder name', `${model}/was-here`],
    ['another root', 'elsewhere/data/aotinductor/model/x.json'],
  ] as const) {
    it(`with ${what}: ERR_UNSAFE_ARCHIVE`, async () => {
      await refused((entries) => [...entries, { name, data: Buffer.from('x') }], 'ERR_UNSAFE_ARCHIVE', /./);
    });
  }

  it('with a link, a name twice, in two spellings, or as file and folder: ERR_UNSAFE_ARCHIVE', async () => {
    const extra =
      (...added: Entry[]) =>
      (entries: Entry[]) => [...entries, ...added];
    const data = Buffer.from('/etc/passwd');
    await refused(extra({ name: `${model}link`, data, mode: 0o120777 & ~0o100000 }), 'ERR_UNSAFE_ARCHIVE', /link/);
    await refused(extra({ name: `${model}a`, data }, { name: `${model}a`, data }), 'ERR_UNSAFE_ARCHIVE', /twice/);
    await refused(extra({ name: `${model}a`, data }, { name: `${model}A`, data }), 'ERR_UNSAFE_ARCHIVE', /twice/);
    await refused(
      extra({ name: `${model}a`, data }, { name: `${model}a/b`, data }),
      'ERR_UNSAFE_ARCHIVE',
      /both a file and a folder/,
    );
  });

  it('that unpacks to too much: ERR_UNSAFE_ARCHIVE', async () => {
    await refused(
      (entries) => [...entries, { name: `${model}bomb`, data: Buffer.alloc(64 * 2 ** 20) }],
      'ERR_UNSAFE_ARCHIVE',
      /20 times its size/,
    );
    const million: RawEntry[] = Array.from({ length: 300 }, (_, i) => ({
      ...{ name: `${model}${i}`, body: Buffer.alloc(60_000), method: 8, unpacked: 2 ** 20 - 1 },
    }));
    const path = join(folder(), 'many.pt2');
    writeFileSync(path, rawZip(million));
    await rejection(() => loadModel(path), 'ERR_UNSAFE_ARCHIVE');
  });

  it('whose entries are not what the directory says: ERR_UNSAFE_ARCHIVE', async () => {
    const entries = await entriesOf('elementwise');
    const path = join(folder(), 'lies.pt2');
    const whole = zip(entries);
    const at = whole.indexOf(Buffer.from('AOTI_DEVICE_KEY'));
    expect(at, 'metadata is compressed').to.equal(-1);
    // A stored library with one flipped byte in it: its checksum no longer holds.
    const stored = rawZip(entries.map(({ name, data }) => ({ name, body: data })));
    const inside = stored.indexOf(Buffer.from([0x7f, 0x45, 0x4c, 0x46])) + 5000;
    stored[inside] = (stored[inside] as number) ^ 1;
    writeFileSync(path, stored);
    expect((await rejection(() => loadModel(path), 'ERR_UNSAFE_ARCHIVE')).message).to.match(/checksum/);
  });

  it('cut off at any place: a coded error', async () => {
    const bytes = readFileSync(compiled('elementwise'));
    const path = join(folder(), 'short.pt2');
    for (const share of [0.01, 0.1, 0.5, 0.9, 0.99, 0.9999]) {
      writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * share)));
      await rejection(() => loadModel(path), 'ERR_MODEL_FORMAT');
    }
  });

  it('that are something else: ERR_MODEL_FORMAT says what', async () => {
    const load = (path: string) => loadModel(path, { engine: 'aotinductor' });
    expect((await rejection(() => load(fixture('torchscript/linear.pt')), 'ERR_MODEL_FORMAT')).message).to.match(
      /a TorchScript file/,
    );
    const path = join(folder(), 'other.pt2');
    writeFileSync(path, zip([{ name: 'm/models/model.json', data: '{}' }]));
    expect((await rejection(() => load(path), 'ERR_MODEL_FORMAT')).message).to.match(/PyTorch 2\.8 or older/);
    const exported = await rejection(() => load(fixture('export/mlp.pt2')), 'ERR_MODEL_FORMAT');
    expect(exported.message).to.match(/not compiled; set the engine to export/);
    writeFileSync(path, zip([{ name: 'hello.txt', data: 'hello' }]));
    expect((await rejection(() => load(path), 'ERR_MODEL_FORMAT')).message).to.match(/without a compiled model/);
    writeFileSync(path, 'hello');
    expect((await rejection(() => load(path), 'ERR_MODEL_FORMAT')).message).to.match(/no zip archive/);
    expect(
      (await rejection(() => loadModel(compiled('mlp'), { engine: 'torchscript' }), 'ERR_MODEL_FORMAT')).message,
    ).to.match(/AOTInductor/);
  });

  it('whose written signature makes no sense: ERR_MODEL_FORMAT', async () => {
    const signature = { version: 1, parameters: ['x'], symbols: { s0: [1, 8] }, outputs: [], constants: {} };
    const x = { name: 'x', dtype: 'float32', shape: ['s0', 32], order: [0, 1] };
    for (const broken of [
      '{',
      '{}',
      JSON.stringify({ ...signature, inputs: [{ ...x, dtype: 'complex64' }] }),
      JSON.stringify({ ...signature, inputs: [{ ...x, shape: ['s0*s0', 32] }] }),
      JSON.stringify({ ...signature, inputs: [{ ...x, shape: ['s0 // 2', 32] }] }),
      JSON.stringify({ ...signature, inputs: [{ ...x, shape: [-1, 32] }] }),
      JSON.stringify({ ...signature, inputs: [{ ...x, order: [0, 0] }] }),
      JSON.stringify({ ...signature, inputs: [x, x] }),
      JSON.stringify({ ...signature, inputs: [x], symbols: { s0: [-1, 8] } }),
      JSON.stringify({ ...signature, inputs: [x, { ...x, name: 'y' }] }),
    ]) {
      const path = await withMetadata(folder(), 'elementwise', { NODE_LIBTORCH_SIGNATURE: broken });
      await rejection(() => loadModel(path), 'ERR_MODEL_FORMAT');
    }
  });
});
