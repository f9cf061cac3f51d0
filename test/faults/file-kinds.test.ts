/** Kinds of files (T8, T14, T17, P16, N2): told by their content, named where they are none of ours, and never fatal. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { node } from '../support/child.js';
import { rejection } from '../support/errors.js';
import { fixture, onnx, root } from '../support/paths.js';
import { rawZip, type RawEntry } from '../support/raw-zip.js';
import { zip } from '../support/zip.js';

const linear = fixture('torchscript/linear.pt');
const main = join(root, 'dist/cli/main.js');
const cli = (...args: readonly string[]) => node([main, ...args]);

/** The entries of an archive that was stored, not packed. */
async function entriesOf(file: string): Promise<{ name: string; data: Buffer }[]> {
  const { ZipArchive } = await import('#dist/model/zip-archive.js');
  const archive = await ZipArchive.open(readFileSync(file), (reason) => new Error(reason) as never);
  return Promise.all(
    archive.entries.map(async (entry) => {
      const pieces: Buffer[] = [];
      for await (const piece of await archive.stream(entry)) pieces.push(piece as Buffer);
      return { name: entry.name, data: Buffer.concat(pieces) };
    }),
  );
}

/** linear.pt with other, and more, entries. */
async function changed(
  change: (name: string, data: Buffer) => Buffer = (_, data) => data,
  more: readonly { name: string; data: Buffer }[] = [],
): Promise<Buffer> {
  const entries = [...(await entriesOf(linear)).map(({ name, data }) => ({ name, data: change(name, data) })), ...more];
  return rawZip(entries.map(({ name, data }): RawEntry => ({ name, body: data })));
}

describe('faults: kinds of files', () => {
  let folder = '';
  const place = (name: string, bytes: Buffer | string): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'file-kinds-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const extension of ['torchscript', 'ptl', 'ts', 'pth', 'bin', 'dat', 'ckpt', 'model', 'PTH']) {
    it(`loads TorchScript by its content: .${extension}`, async () => {
      const path = join(folder, `linear.${extension}`);
      copyFileSync(linear, path);
      await using model = await loadModel(path);
      expect(model.info.engine).to.equal('torchscript');
    });
  }

  it('loads an ONNX model and a compiled package by their content', async () => {
    const network = join(folder, 'network.bin');
    copyFileSync(onnx('linear'), network);
    await using model = await loadModel(network);
    expect(model.info.engine).to.equal('onnx');
    const compiled = join(folder, 'compiled.bin');
    copyFileSync(fixture('aoti/mlp.pt2'), compiled);
    await using other = await loadModel(compiled);
    expect(other.info.engine).to.equal('aotinductor');
  });

  const safetensors = (): Buffer => {
    const header = Buffer.from('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, header, Buffer.alloc(4)]);
  };
  const flatbuffer = (mark: string): Buffer =>
    Buffer.concat([Buffer.from([16, 0, 0, 0]), Buffer.from(mark), Buffer.alloc(64)]);
  const tar = (): Buffer => {
    const block = Buffer.alloc(1024);
    block.write('model.pt');
    block.write('ustar', 257);
    return block;
  };
  const archive = (name: string): Buffer => zip([{ name, data: 'x' }]);
  const strangers: [string, () => Buffer | string, RegExp][] = [
    [
      'a Git LFS pointer',
      () => 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n',
      /Git LFS.*git lfs pull/,
    ],
    ['safetensors', safetensors, /safetensors/],
    ['GGUF', () => Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(60)]), /GGUF/],
    ['an HTML page', () => '\n<!DOCTYPE html>\n<html><body>404</body></html>', /HTML page.*download/],
    ['an HTML page without a doctype', () => '<html><head></head></html>', /HTML page/],
    ['tar.gz', () => gzipSync(tar()), /gzip/],
    ['tar', tar, /tar archive/],
    ['7z', () => Buffer.from('377abcaf271c000400000000', 'hex'), /7z/],
    [
      'a pickle of before 1.6',
      () => Buffer.from('80028a0a6cfc9c46f9206aa850192e80024de9032e', 'hex'),
      /before PyTorch 1\.6/,
    ],
    ['another pickle', () => Buffer.from('80047d942e', 'hex'), /pickle/],
    ['a mobile flatbuffer', () => flatbuffer('PTMF'), /flatbuffer/],
    ['an ORT model', () => flatbuffer('ORTM'), /ORT format/],
    ['a TensorFlow Lite model', () => flatbuffer('TFL3'), /TensorFlow Lite/],
    ['an HDF5 file', () => Buffer.from('894844460d0a1a0a0000', 'hex'), /HDF5/],
    ['an ONNX model', () => readFileSync(onnx('linear')), /ONNX model.*\.onnx/],
    ['a shared library', () => Buffer.concat([Buffer.from('7f454c4602010100', 'hex'), Buffer.alloc(60)]), /ELF/],
    ['a file cut off', () => readFileSync(linear).subarray(0, 1500), /cut off/],
    ['JSON', () => '{"error": "not found"}', /JSON/],
    ['text', () => 'Repository not found\n', /text/],
    ['a TorchServe archive', () => archive('MAR-INF/MANIFEST.json'), /TorchServe/],
    ['a NumPy archive', () => archive('weight.npy'), /NumPy/],
    ['a zip with a model in it', () => archive('model/model.pt'), /unpack it/],
    [
      'a state_dict',
      () => readFileSync(fixture('torchscript/state_dict.pt')),
      /torch\.save.*torch\.export\.save.*torch\.jit\.script/,
    ],
    ['zeros', () => Buffer.alloc(4096), /zeros/],
  ];
  for (const [what, make, said] of strangers) {
    for (const extension of ['pt', 'bin']) {
      // By content it is what it is.
      if (extension === 'bin' && ['an ONNX model', 'an ORT model'].includes(what)) continue;
      it(`says what it is: ${what} as .${extension}`, async () => {
        const path = place(`${what.replaceAll(/\W/g, '_')}.${extension}`, make());
        const { message } = await rejection(() => loadModel(path), 'ERR_MODEL_FORMAT');
        expect(message).to.match(said);
      });
    }
  }

  const archives: typeof strangers = [
    ['a TorchScript file', () => readFileSync(linear), /a TorchScript file.*; give it the extension \.pt\b/],
    ['an exported program of 2.8', () => archive('m/models/model.json'), /PyTorch 2\.8 or older.*; save it again/],
    ['an exported program of before 2.8', () => archive('m/serialized_exported_program.json'), /torch\.export\.save\(/],
    ['an exported program', () => readFileSync(fixture('export/mlp.pt2')), /exported program.*\.pt2/],
    ['a compiled package', () => readFileSync(fixture('aoti/mlp.pt2')), /AOTInductor.*\.pt2/],
    ['an office document', () => archive('word/document.xml'), /office document/],
    ['a Java archive', () => zip(['META-INF/MANIFEST.MF', 'com/A.class'].map((name) => ({ name, data: 'x' }))), /Java/],
    ['some other archive', () => archive('hello/hello.txt'), /a zip archive without/],
  ];
  const own = { onnx: ['an ONNX model', 'an ORT model'], pt2: ['a compiled package', 'an exported program'] };
  for (const [what, make, said] of [...strangers, ...archives]) {
    for (const extension of ['onnx', 'pt2'] as const) {
      if (own[extension].includes(what)) continue;
      it(`says what it is: ${what} as .${extension}`, async () => {
        const path = place(`${what.replaceAll(/\W/g, '_')}.${extension}`, make());
        const { message } = await rejection(() => loadModel(path), 'ERR_MODEL_FORMAT');
        // A pickle is no TorchScript, and what it should have been is told by its extension.
        const wanted = what === 'a state_dict' ? /torch\.save.*(torch\.onnx\.export|torch\.export\.save)/ : said;
        expect(message).to.match(wanted);
        expect(message).to.match(extension === 'onnx' ? /^Expected an ONNX model/ : /^Expected an exported program/);
      });
    }
  }

  it('says of a missing file and of a folder what they are, whatever the extension', async () => {
    for (const name of ['none.pt', 'none.bin', 'none.pth']) {
      const { message } = await rejection(() => loadModel(join(folder, name)), 'ERR_MODEL_LOAD');
      expect(message).to.include(name);
    }
    await rejection(() => loadModel(folder), 'ERR_MODEL_LOAD');
  });

  it('inspect says what a state_dict is, and run, types and inspect take --engine and any extension', async function () {
    this.timeout(60_000);
    copyFileSync(fixture('torchscript/state_dict.pt'), join(folder, 'state.pth'));
    const refused = await cli('inspect', join(folder, 'state.pth'));
    expect(refused.code).to.equal(1);
    expect(refused.stderr)
      .to.match(/ERR_MODEL_FORMAT/)
      .and.to.match(/state_dict/);
    const named = join(folder, 'odd.weird');
    copyFileSync(linear, named);
    const inspected = await cli('inspect', named, '--engine', 'torchscript', '--json');
    expect(inspected.code, inspected.stderr).to.equal(0);
    expect(JSON.parse(inspected.stdout)).to.deep.include({ engine: 'torchscript', random: false, autograd: false });
    const typed = await cli('types', named);
    expect(typed.code, typed.stderr).to.equal(0);
    const wrong = await cli('inspect', named, '--engine', 'onnx');
    expect(wrong.code).to.equal(1);
    expect(wrong.stderr).to.match(/ERR_MODEL_FORMAT/);
  });

  it('takes a bare name with a file’s extension for a file', async () => {
    for (const name of ['state.pth', 'model.safetensors', 'weights.bin']) {
      const { stderr, code } = await cli('inspect', name);
      expect(code).to.equal(1);
      expect(stderr, name).to.match(/ERR_MODEL_LOAD.*No such file/);
    }
  });

  it('shows extra files, reads short texts, and bounds both', async function () {
    this.timeout(60_000);
    const extra = (name: string, data: Buffer) => ({ name: `archive/extra/${name}`, data });
    const many = Array.from({ length: 300 }, (_, i) => extra(`many/${i}`, Buffer.from('x')));
    const bytes = await changed(undefined, [
      extra('config.txt', Buffer.from('{"names": ["cat", "dög"]}')),
      extra('long.txt', Buffer.alloc(100_000, 'a')),
      extra('binary', Buffer.from([0xff, 0xfe, 0])),
      ...many,
    ]);
    const path = place('extra.pt', bytes);
    await using model = await loadModel(path);
    const files = model.info.extraFiles ?? [];
    expect(files[0]).to.deep.equal({ name: 'config.txt', bytes: 26, text: '{"names": ["cat", "dög"]}' });
    expect(files[1]).to.deep.equal({ name: 'long.txt', bytes: 100_000 });
    expect(files[2]).to.deep.equal({ name: 'binary', bytes: 3 });
    expect(files).to.have.length(256);
    const { stdout } = await cli('inspect', path);
    expect(stdout).to.match(/extra files\n {2}config\.txt +26 B .*cat/);
    await using plain = await loadModel(linear);
    expect(plain.info.extraFiles).to.equal(undefined);
  });

  describe('nesting, on which LibTorch ends the process', () => {
    const statement = (line: string) => (name: string, data: Buffer) => {
      const text = data.toString();
      if (!name.endsWith('.py') || !text.includes('    return')) return data;
      return Buffer.from(text.replace('    return', `${line}\n    return`));
    };
    const times = (n: number, text: string): string => text.repeat(n);
    const deep: [string, (n: number) => string][] = [
      ['parentheses', (n) => `    y = ${times(n, '(')}1${times(n, ')')}`],
      ['lists', (n) => `    y = ${times(n, '[')}1${times(n, ']')}`],
      ['signs', (n) => `    y = ${times(n, '- ')}1`],
      ['nots', (n) => `    y = ${times(n, 'not ')}True`],
      ['a long sum', (n) => `    y = 1${times(n, '+1')}`],
      ['powers', (n) => `    y = 2${times(n, '**1')}`],
      ['ternaries', (n) => `    y = ${times(n, '1 if True else ')}1`],
      ['attributes', (n) => `    y = self${times(n, '.a')}`],
      ['indices', (n) => `    y = self${times(n, '[0]')}`],
      ['calls', (n) => `    y = ${times(n, 'torch.neg(')}1${times(n, ')')}`],
      ['calls of calls', (n) => `    y = self${times(n, '()')}`],
      ['conditions', (n) => `    y = True${times(n, ' and True')}`],
      ['elifs', (n) => `    if True:\n      pass\n${times(n, '    elif True:\n      pass\n')}    else:\n      pass`],
      [
        'blocks',
        (n) =>
          Array.from({ length: n }, (_, i) => `${' '.repeat(4 + i)}if True:\n`).join('') + `${' '.repeat(4 + n)}pass`,
      ],
      ['types', (n) => `    y = annotate(${times(n, 'List[')}int${times(n, ']')}, [])`],
      ['parentheses behind a string', (n) => `    s = "(\\"'"\n    y = ${times(n, '(')}1${times(n, ')')}`],
      ['parentheses behind a comment', (n) => `    # it's "\n    y = ${times(n, '(')}1${times(n, ')')}`],
      ['parentheses over lines', (n) => `    y = ${times(n, '(\n')}1${times(n, ')')}`],
    ];
    for (const [what, make] of deep) {
      it(`refuses ${what}`, async () => {
        const path = place('deep.pt', await changed(statement(make(what === 'blocks' ? 2000 : 20_000))));
        const { message } = await rejection(() => loadModel(path), 'ERR_UNSAFE_ARCHIVE');
        expect(message).to.match(/nests deeper/);
      });
    }

    const pickles: [string, (n: number) => Buffer][] = [
      [
        'tuples in tuples',
        (n) => Buffer.concat([Buffer.from([0x80, 2, 0x29]), Buffer.alloc(n, 0x85), Buffer.from('.')]),
      ],
      [
        'lists in lists',
        (n) =>
          Buffer.concat([
            Buffer.from([0x80, 2]),
            Buffer.alloc(n + 1, ']'),
            Buffer.alloc(n, 'a'),
            Buffer.from([0x85, 0x2e]),
          ]),
      ],
      [
        'lists that are filled from the outside in',
        (n) =>
          Buffer.concat([
            Buffer.from([0x80, 2, 0x5d, 0x71, 0]), // a list, remembered
            ...Array.from({ length: n }, () => Buffer.from([0x5d, 0x71, 1, 0x61, 0x30, 0x68, 1, 0x71, 0])),
            Buffer.from([0x85, 0x2e]),
          ]),
      ],
      ['a list in itself', () => Buffer.from([0x80, 2, 0x5d, 0x71, 0, 0x68, 0, 0x61, 0x85, 0x2e])],
    ];
    for (const [what, make] of pickles) {
      it(`refuses a pickle of ${what}`, async () => {
        const bytes = await changed((name, data) => (name.endsWith('/constants.pkl') ? make(200_000) : data));
        const { message } = await rejection(() => loadModel(place('pickle.pt', bytes)), 'ERR_UNSAFE_ARCHIVE');
        expect(message).to.match(/nests deeper/);
      });
    }

    it('passes long code that is not deep', async () => {
      const lines = Array.from({ length: 3000 }, (_, i) => `    y${i} = [${times(20, '-1, (2), ')}3]`).join('\n');
      const text = `    s = "${times(5000, '(')}"\n${lines}`;
      await using model = await loadModel(place('long.pt', await changed(statement(text))));
      await model.run(new Tensor('float32', new Float32Array(3), [1, 3])).catch(() => undefined);
      expect(model.info.engine).to.equal('torchscript');
    });
  });
});
