import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { loadModel, runtime } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { contract, modelsLoaded, rows, signatureOf } from './contract.js';

const options: [what: string, code: string, given: object][] = [
  ['an unknown option', 'ERR_INVALID_ARGUMENT', { devise: 'cpu' }],
  ['an unknown engine', 'ERR_INVALID_ARGUMENT', { engine: 'tensorflow' }],
  ['an unknown device', 'ERR_INVALID_ARGUMENT', { device: 'gpu' }],
  ['an unknown precision', 'ERR_INVALID_ARGUMENT', { precision: 'int4' }],
  ['a precision that there is not', 'ERR_PRECISION_UNSUPPORTED', { device: 'cpu', precision: 'fp16' }],
  ['no instance', 'ERR_INVALID_ARGUMENT', { instances: 0 }],
  ['half an instance', 'ERR_INVALID_ARGUMENT', { instances: 1.5 }],
  ['more instances than cores', 'ERR_INVALID_ARGUMENT', { instances: 256 }],
  ['a negative queue', 'ERR_INVALID_ARGUMENT', { maxPending: -1 }],
  ['a sha256 of the wrong length', 'ERR_INVALID_ARGUMENT', { sha256: 'abc' }],
  ['the sha256 of other bytes', 'ERR_INTEGRITY', { sha256: '0'.repeat(64) }],
  ['a signature with an input too many', 'ERR_SIGNATURE_MISMATCH', { signature: signatureOf('x', 'more') }],
];

contract('a load', ({ name, file, load, info, signature }) => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'node-libtorch-load-'));
  });
  after(() => rm(folder, { recursive: true }));
  const extension = extname(file('linear'));
  const place = (label: string): string => join(folder, `${label}${extension}`);

  for (const [what, code, given] of options) {
    it(`refuses ${what} with ${code}`, () => rejection(() => load('linear', given), code));
  }

  it('takes a signature that narrows what the model says, and none that contradicts it', async () => {
    const [input] = signature.inputs;
    const given = (change: object) =>
      load('linear', { signature: { inputs: [{ ...input!, ...change }], outputs: [] } });
    await using model = await given({ shape: [2, 4] });
    await rejection(() => model.run(rows(1)), 'ERR_INVALID_SHAPE');
    expect((await model.run(rows(2))).shape).to.deep.equal([2, 3]);
    if (!info.typed) return; // it has said nothing
    for (const change of [{ dtype: 'float64' }, { shape: [null, 5] }, { shape: [4] }, { shape: [null] }]) {
      await rejection(() => given(change), 'ERR_SIGNATURE_MISMATCH');
    }
  });

  it('refuses what is no file, without waiting for a FIFO', async () => {
    const fifo = place('fifo');
    execFileSync('mkfifo', [fifo]);
    await rejection(() => loadModel(fifo), 'ERR_MODEL_LOAD');
    await rejection(() => loadModel(folder, { engine: name }), 'ERR_MODEL_LOAD');
    await rejection(() => loadModel(place('absent')), 'ERR_MODEL_LOAD');
  });

  it('refuses a file that is empty or something else, and one whose extension says nothing', async () => {
    for (const text of ['', 'hello', '{"a": [1, 2, 3]}']) {
      await writeFile(place('other'), text);
      await rejection(() => loadModel(place('other')), 'ERR_MODEL_FORMAT');
    }
    for (const text of ['', 'hello']) {
      await writeFile(join(folder, 'nothing.bin'), text);
      await rejection(() => loadModel(join(folder, 'nothing.bin')), 'ERR_MODEL_FORMAT');
    }
    await rejection(() => loadModel(join(folder, 'absent.bin')), 'ERR_MODEL_LOAD');
  });

  it('refuses cuda by name where there is none', async function () {
    if ((await runtime.info()).devices.some(({ type }) => type === 'cuda')) this.skip();
    for (const device of ['cuda', 'cuda:1'])
      await rejection(() => load('linear', { device }), 'ERR_DEVICE_UNAVAILABLE');
  });

  it('takes the engine it is told', async () => {
    const path = join(folder, 'model.bin');
    await copyFile(file('linear'), path);
    await using model = await loadModel(path, { engine: name });
    expect((await model.run(rows(1))).shape).to.deep.equal([1, 3]);
  });

  it('holds the file to its digest: 200 flipped bits', async () => {
    const bytes = await readFile(file('linear'));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await (await load('linear', { sha256 })).dispose();
    for (let i = 0; i < 200; ++i) {
      const copy = Buffer.from(bytes);
      const at = Math.floor((i * bytes.length) / 200);
      copy[at] = (copy[at] as number) ^ (1 << (i % 8));
      await writeFile(place('flipped'), copy);
      await rejection(() => loadModel(place('flipped'), { sha256 }), 'ERR_INTEGRITY');
    }
  });

  it('that was refused leaves neither a model nor a thread', async function () {
    const threads = (): number => (process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0);
    const refuse = async (): Promise<void> => {
      for (const [, code, given] of options) await rejection(() => load('linear', given), code);
    };
    await refuse(); // what is started once is there now
    const before = { models: await modelsLoaded(), threads: threads() };
    for (let i = 0; i < 3; ++i) await refuse();
    expect(await modelsLoaded()).to.equal(before.models);
    // A thread that has ended is gone a moment later; one that was forgotten would go with the collector, much later.
    for (let i = 0; i < 300 && threads() > before.threads; ++i) await setTimeout(10);
    expect(threads(), 'threads').to.be.at.most(before.threads);
  });
});
