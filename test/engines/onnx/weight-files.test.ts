/** The reader that passes over the weights finds what the reader of the whole file finds. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { weightFiles } from '#dist/engines/index.js';
import { weightFilesOfOnnx } from '#dist/engines/onnx/weight-files.js';
import { readModelProto } from '#dist/engines/onnx/model-proto.js';
import { delimitedField, integerField, joined, type Pieces } from '#dist/engines/onnx/protobuf.js';
import { digitModel, fixture, onnx } from '../../support/paths.js';
import { rejection } from '../../support/rejection.js';

const entry = (key: string, value: string): Pieces =>
  delimitedField(13, [...delimitedField(1, key), ...delimitedField(2, value)]);

/** An initializer with weights in the file, elsewhere, or both. */
function tensor(name: string, rawBytes: number, location?: string): Pieces {
  const raw = rawBytes > 0 ? delimitedField(9, [new Uint8Array(rawBytes).fill(0x6a)]) : [];
  const external =
    location === undefined ? [] : [...entry('location', location), ...entry('offset', '0'), ...integerField(14, 1)];
  return delimitedField(5, [...integerField(2, 1), ...delimitedField(8, name), ...raw, ...external]);
}

const model = (...parts: readonly Pieces[]): Uint8Array =>
  joined([...integerField(1, 8), ...delimitedField(2, 'a test'), ...delimitedField(7, parts.flat())]);

/** Without parts that say nothing. */
const plain = (location: string): string =>
  location
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');

describe('weightFiles', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'weights-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  function file(bytes: Uint8Array): string {
    const path = join(folder, 'model.onnx');
    writeFileSync(path, bytes);
    return path;
  }

  it('finds what the reader of the whole file finds, in every file that there is', async () => {
    const all = readdirSync(fixture(''), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.onnx'),
    );
    expect(all.length).to.be.above(20);
    let found = 0;
    for (const name of all) {
      const bytes = new Uint8Array(readFileSync(fixture(name)));
      let wanted: readonly string[];
      try {
        wanted = readModelProto(bytes)
          .external.filter(({ outermost }) => outermost)
          .map(({ location }) => location);
      } catch {
        continue;
      }
      if (wanted.some((location) => /^\/|\.\.|[\\:*\0]|\/$|^$/.test(location))) {
        expect((await rejection(weightFiles(fixture(name)))).code, name).to.equal('ERR_UNSAFE_ARCHIVE');
        continue;
      }
      expect(await weightFiles(fixture(name)), name).to.deep.equal([...new Set(wanted.map(plain))]);
      found += wanted.length;
    }
    expect(found).to.be.above(0);
  });

  it('passes over weights of any size, wherever the window ends', async () => {
    const names = Array.from({ length: 400 }, (_, at) => `part-${at}/w.bin`);
    const parts = names.map((name, at) => [
      ...tensor(`w${at}`, (at * 7919) % 5000, name),
      ...tensor(`x${at}`, (at % 5) * 1200),
    ]);
    const huge = tensor('huge', 3 * 2 ** 20);
    expect(await weightFilesOfOnnx(file(model(...parts.slice(0, 200), huge, ...parts.slice(200))))).to.deep.equal(
      names,
    );
  });

  it('names each file once, without parts that say nothing', async () => {
    const path = file(model(tensor('a', 0, 'w.bin'), tensor('b', 0, './w.bin'), tensor('c', 0, 'x//y.bin')));
    expect(await weightFilesOfOnnx(path)).to.deep.equal(['w.bin', 'x/y.bin']);
  });

  for (const location of [
    '../w.bin',
    '/etc/passwd',
    'a/../../w.bin',
    'C:w.bin',
    'a\\b.bin',
    '*/_ORT_MEM_ADDR_/*',
    '',
    'w\0.bin',
  ]) {
    it(`refuses ${JSON.stringify(location)}`, async () => {
      expect((await rejection(weightFilesOfOnnx(file(model(tensor('a', 0, location)))))).code).to.equal(
        'ERR_UNSAFE_ARCHIVE',
      );
    });
  }

  it('names none for what is cut, damaged or no such file', async () => {
    const whole = readFileSync(onnx('external'));
    for (let length = 0; length < whole.length; length += 7) {
      expect(await weightFilesOfOnnx(file(whole.subarray(0, length)))).to.be.an('array');
    }
    for (const bytes of [
      Buffer.from('<!doctype html>'),
      Buffer.alloc(100, 0xff),
      Buffer.alloc(100),
      Buffer.from([58, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
    ]) {
      expect(await weightFiles(file(bytes))).to.deep.equal([]);
    }
    expect(await weightFiles(digitModel)).to.deep.equal([]);
  });

  it('ends with its signal', async () => {
    const reason = new Error('enough');
    expect(await rejection(weightFilesOfOnnx(onnx('external'), AbortSignal.abort(reason)))).to.equal(reason);
  });
});
