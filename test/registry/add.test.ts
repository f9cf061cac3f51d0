import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ModelHost, ModelRegistry, Tensor, loadModel, type AddOptions } from 'node-libtorch';
import { torchError } from '#dist/errors.js';
import { add as addTo } from '#dist/registry/add.js';
import { loadOptionsOf } from '#dist/registry/index.js';
import { artifactName } from '#dist/registry/record/file-name.js';
import { cachedFile } from '#dist/registry/record/hub-cache.js';
import { rejection } from '../support/errors.js';
import { digitModel, fixture, onnx } from '../support/paths.js';
import { temporaryRegistry } from '../support/temporary-registry.js';

const version = 'v1.0';
const pixels = { inputs: [{ dtype: 'float32', shape: [null, 784], range: [0, 1] }] } as const;
const digits = Array.from({ length: 10 }, (_, i) => String(i));

describe('registry.add', function () {
  this.timeout(60_000);
  const current = temporaryRegistry();
  const add = (file: string, options: Partial<AddOptions> = {}) =>
    current().registry.add(file, { name: 'model', version, ...options });

  it('writes artifact, record and card, which a host then serves', async () => {
    const { record, added } = await add(digitModel, {
      signature: pixels,
      task: { type: 'classification' },
      labels: digits,
      license: 'MIT',
    });
    expect(added).to.equal(true);
    expect(current().content()).to.deep.equal([
      ...['model', 'model', 'model/v1.0', 'model/v1.0'],
      ...['model/v1.0/MODEL_CARD.md', 'model/v1.0/metadata.json', 'model/v1.0/model.pt'],
    ]);
    expect(await current().registry.record('model', version)).to.deep.equal(record);
    expect(record).to.deep.include({ schemaVersion: 2, engine: 'torchscript', license: 'MIT' });
    expect(record.task).to.deep.equal({ type: 'classification', activation: 'softmax', labels: digits });
    expect(readFileSync(current().registry.cardPath('model', version), 'utf8'))
      .to.match(/MIT/)
      .and.to.match(/Not stated/);
    await current().registry.verify('model', version);
    const host = await ModelHost.open({ registry: current().registry, models: [{ name: 'model' }] });
    try {
      const scores = await host.model('model').run(new Tensor('float32', new Float32Array(784), [1, 784]));
      expect(scores).to.have.deep.property('shape', [1, 10]);
    } finally {
      await host.close();
    }
  });

  it('does nothing for the same file again, and refuses another, before either is tried', async () => {
    const { record } = await add(onnx('linear'));
    const stages: string[] = [];
    const onProgress: AddOptions['onProgress'] = ({ stage }) => stages.push(stage);
    const again = await add(onnx('linear'), { onProgress });
    expect(again).to.deep.equal({ record, added: false });
    const { message, status } = await rejection(() => add(onnx('row_mixing'), { onProgress }), 'ERR_VERSION_EXISTS');
    expect(status).to.equal(409);
    expect(message).to.match(/versions never change.*registry rm model@v1\.0/s);
    expect(stages).to.deep.equal([]);
    expect((await add(onnx('row_mixing'), { version: 'v2.0', onProgress })).added).to.equal(true);
    expect(stages).to.deep.equal(['copy', 'load', 'run', 'record']);
  });

  it('refuses other statements where somebody has added it meanwhile', async () => {
    const { record } = await add(onnx('linear'), { license: 'MIT' });
    const late = (options: Partial<AddOptions>) => {
      let isFirst = true;
      const { registry } = current();
      const racing = {
        record: async (name: string, of: string) => {
          if (!isFirst) return await registry.record(name, of);
          isFirst = false;
          throw torchError('ERR_VERSION_NOT_FOUND', 'not there yet');
        },
        verify: registry.verify.bind(registry),
        store: registry.store.bind(registry),
      };
      return addTo(racing, onnx('linear'), { name: 'model', version, ...options });
    };
    const { message } = await rejection(() => late({ license: 'Apache-2.0' }), 'ERR_VERSION_EXISTS');
    expect(message).to.include('otherwise or nothing of license');
    expect(await late({ license: 'MIT' })).to.deep.equal({ record, added: false });
    expect(
      current()
        .content()
        .filter((path) => path.startsWith('.')),
    ).to.deep.equal([]);
  });

  describe('again, with other statements', () => {
    const rows = (count: number, seed = 0) =>
      new Tensor(
        'float32',
        Float32Array.from({ length: 784 * count }, (_, i) => ((i + seed) % 97) / 97),
        [count, 784],
      );
    const truth = new Tensor(
      'int64',
      BigInt64Array.from({ length: 120 }, (_, i) => BigInt(i % 10)),
      [120],
    );
    const stated = {
      ...{
        signature: pixels,
        task: { type: 'classification' },
        labels: digits,
        license: 'MIT',
        description: 'Digits.',
      },
      ...{ metrics: { testAccuracy: 0.5, testSamples: 10 }, training: { dataset: 'made up' }, strict: true },
      ...{ sourceCommit: 'a'.repeat(40), framework: { torch: '2.15.0' }, intendedUse: 'Tests.', limitations: 'All.' },
      ...{ data: rows(200), heldOut: rows(120, 7), truth, record: { created: '2026-01-01T00:00:00Z' } },
    } satisfies Partial<AddOptions>;
    const refused: Record<string, [options: Partial<AddOptions>, member: string]> = {
      'a license': [{ license: 'Apache-2.0' }, '/license'],
      'a description in the record': [
        { record: { description: 'Else.' }, description: undefined as never },
        '/description',
      ],
      metrics: [{ metrics: { testAccuracy: 0.75, testSamples: 10 } }, '/metrics'],
      training: [{ training: { dataset: 'made up', seed: 2 } }, '/training'],
      'a commit': [{ sourceCommit: 'b'.repeat(40) }, '/sourceCommit'],
      'a framework': [{ framework: { torch: '2.14.0' } }, '/framework'],
      'a range': [{ signature: { inputs: [{ range: [0, 255] }] } }, '/signature'],
      labels: [{ labels: [...digits].reverse() }, '/task'],
      'an activation': [{ task: { type: 'classification', activation: 'none' } as never }, '/task'],
      tolerance: [{ tolerance: { fp32: { absolute: 1, relative: 1 } } }, '/tolerance'],
      'an engine': [{ record: { engine: 'onnx' } }, '/engine'],
      'other data': [{ data: rows(201) }, '/trainingStatistics'],
      'other held-out rows': [
        {
          heldOut: rows(150),
          truth: new Tensor('int64', new BigInt64Array(150), [150]),
        },
        '/trainingStatistics.calibration',
      ],
    };

    it('does nothing for the same ones, and refuses others, naming them', async () => {
      const { record } = await add(digitModel, stated);
      const before = current().content();
      expect(await add(digitModel, stated)).to.deep.equal({ record, added: false });
      expect(await add(digitModel)).to.deep.equal({ record, added: false });
      const { trainingStatistics } = record;
      expect(await add(digitModel, { trainingStatistics: trainingStatistics! })).to.include({ added: false });
      for (const [what, [options, member]] of Object.entries(refused)) {
        const { message, errors } = (await rejection(
          () => add(digitModel, { ...stated, ...options }),
          'ERR_VERSION_EXISTS',
        )) as Error & { errors?: readonly { pointer: string }[] };
        expect(
          errors?.map(({ pointer }) => pointer),
          `${what}: ${message}`,
        ).to.deep.equal([member]);
        expect(message).to.include(member.slice(1)).and.include('registry rm model@v1.0');
      }
      expect(current().content()).to.deep.equal(before);
      expect(await current().registry.record('model', version)).to.deep.equal(record);
    });

    it('refuses statistics, data and all else for a record without them', async () => {
      await add(digitModel, { signature: pixels, task: { type: 'classification' }, labels: digits });
      const given: [Partial<AddOptions>, string][] = [
        [{ data: rows(200) }, 'trainingStatistics'],
        [{ license: 'MIT' }, 'license'],
        [{ metrics: { testAccuracy: 0.5, testSamples: 10 } }, 'metrics'],
      ];
      for (const [options, member] of given) {
        const { message } = await rejection(() => add(digitModel, options), 'ERR_VERSION_EXISTS');
        expect(message).to.include(`otherwise or nothing of ${member}\n`);
      }
      await rejection(() => add(digitModel, { strict: true }), 'ERR_MANIFEST');
      await rejection(() => add(digitModel, { record: { artifact: { sha256: '0'.repeat(64) } } }), 'ERR_MANIFEST');
    });
  });

  it('refuses weights under a name that signatures leave out', async () => {
    const bytes = readFileSync(onnx('external'));
    const at = bytes.indexOf('weights.bin');
    const file = join(current().folder, 'hidden.onnx');
    bytes.write('.git/wt.bin', at);
    writeFileSync(file, bytes);
    mkdirSync(join(current().folder, '.git'));
    copyFileSync(fixture('onnx/weights.bin'), join(current().folder, '.git/wt.bin'));
    const { message } = await rejection(() => add(file), 'ERR_UNSAFE_ARCHIVE');
    expect(message).to.include('.git/wt.bin');
    expect(current().content()).to.deep.equal([]);
  });

  describe('again, of a version whose files were touched by hand', () => {
    const files = { 'external.onnx': onnx('external'), 'weights.bin': fixture('onnx/weights.bin') };
    const there = (file = '') => join(current().modelsDir, 'model', version, file);
    const replace = (file: string, change: (bytes: Buffer) => Buffer) => {
      const bytes = Buffer.from(readFileSync(there(file)));
      rmSync(there(file));
      writeFileSync(there(file), change(bytes));
    };
    const flipped = (bytes: Buffer) => {
      bytes[bytes.length >> 1]! ^= 1;
      return bytes;
    };
    const damages: Record<string, () => void> = {
      'a bit of the model is another': () => replace('external.onnx', flipped),
      'a bit of the weights is another': () => replace('weights.bin', flipped),
      'the weights are cut off': () => replace('weights.bin', (bytes) => bytes.subarray(0, 8)),
      'the model is gone': () => rmSync(there('external.onnx')),
      'the weights are gone': () => rmSync(there('weights.bin')),
      'all files are gone': () => Object.keys(files).forEach((file) => rmSync(there(file))),
      'their folder is gone': () => rmSync(there(), { recursive: true }),
      'the folder of the model is gone': () => rmSync(join(there(), '..'), { recursive: true }),
    };
    for (const [what, damage] of Object.entries(damages)) {
      it(`puts them back where ${what}, and tries nothing`, async () => {
        const { record } = await add(onnx('external'));
        const before = current().content();
        damage();
        await rejection(() => current().registry.verify('model', version), 'ERR_INTEGRITY');
        const stages: string[] = [];
        const again = await add(onnx('external'), { onProgress: ({ stage }) => stages.push(stage) });
        expect(again).to.deep.equal({ record, added: false, repaired: true });
        expect(stages).to.deep.equal(['copy']);
        expect(current().content()).to.deep.equal(before);
        for (const [file, source] of Object.entries(files)) {
          expect(readFileSync(there(file)).equals(readFileSync(source)), file).to.equal(true);
        }
        expect(await add(onnx('external'))).to.deep.equal({ record, added: false });
      });
    }

    it('keeps what lies among damaged ones, and says what to do', async () => {
      await add(onnx('external'));
      damages['a bit of the weights is another']?.();
      writeFileSync(there('notes.txt'), 'of somebody');
      const before = current().content();
      const { message } = await rejection(() => add(onnx('external')), 'ERR_INTEGRITY');
      expect(message).to.include(there()).and.include('fix: move that folder away');
      expect(current().content()).to.deep.equal(before);
      expect(readFileSync(there('notes.txt'), 'utf8')).to.equal('of somebody');
      renameSync(there(), join(current().folder, 'away'));
      expect(await add(onnx('external'))).to.have.property('repaired', true);
    });

    it('leaves what lies among whole ones', async () => {
      const { record } = await add(onnx('external'));
      writeFileSync(there('notes.txt'), 'of somebody');
      expect(await add(onnx('external'))).to.deep.equal({ record, added: false });
      expect(readFileSync(there('notes.txt'), 'utf8')).to.equal('of somebody');
    });
  });

  it('adds one of two that are added at once, whichever it is', async () => {
    const both = await Promise.allSettled([add(onnx('linear')), add(onnx('row_mixing'))]);
    expect(both.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
    const same = await Promise.all([add(onnx('linear'), { name: 'b' }), add(onnx('linear'), { name: 'b' })]);
    expect(same.map(({ added }) => added).sort()).to.deep.equal([false, true]);
    expect(same[0].record).to.deep.equal(same[1].record);
  });

  it('refuses names, versions and options that are none', async () => {
    for (const name of ['..', 'Model', 'a/b', '', '__proto__', 'a'.repeat(65)]) {
      await rejection(() => add(onnx('linear'), { name }), 'ERR_INVALID_ARGUMENT');
    }
    for (const bad of ['latest', '../v1', 'champion', '1.2.3.4']) {
      await rejection(() => add(onnx('linear'), { version: bad }), 'ERR_INVALID_ARGUMENT');
    }
    const wrong: object[] = [
      { framwork: {} },
      { signature: { input: [] } },
      { signature: { inputs: {} } },
      { admission: { timeoutMs: -1 } },
      { admission: { memory: 1 } },
      { labels: [] },
      { imagePreset: 'vgg' },
      { load: { sha256: '0'.repeat(64) } },
      { strict: 'yes' },
    ];
    for (const options of wrong) {
      await rejection(() => add(onnx('linear'), options), 'ERR_INVALID_ARGUMENT');
    }
    expect(current().content()).to.deep.equal([]);
  });

  it('gives the artifact a name of the registry’s grammar', async () => {
    const path = join(current().folder, 'Mein Modell (v2) …äö.onnx');
    copyFileSync(onnx('linear'), path);
    const { record } = await add(path);
    expect(record.artifact.file).to.equal('Mein_Modell_v2_.a_o_.onnx');
    expect(artifactName('/x/.hidden.pt', ['.pt'])).to.equal('hidden.pt');
    expect(artifactName('/x/モデル.pt', ['.pt'])).to.equal('model.pt');
    expect(artifactName('/x/weights.bin', ['.onnx', '.ort'])).to.equal('weights.bin.onnx');
    expect(artifactName(`/x/${'a'.repeat(300)}.ONNX`, ['.onnx'])).to.match(/^a{123}\.ONNX$/);
  });

  it('takes a file with another extension by its content', async () => {
    const path = join(current().folder, 'network.bin');
    copyFileSync(onnx('linear'), path);
    const { record } = await add(path);
    expect(record).to.have.nested.property('artifact.file', 'network.bin.onnx');
    await using model = await loadModel(await current().registry.artifactPath(record), loadOptionsOf(record));
    expect(model.info.engine).to.equal('onnx');
  });

  describe('with files beside the model', () => {
    const weights = Buffer.from(Float32Array.from({ length: 12 }, (_, i) => i).buffer);

    it('takes them in, and tells another set of them from the same', async () => {
      const path = join(current().folder, 'model.onnx');
      copyFileSync(fixture('faults/onnx/rows_sub.onnx'), path);
      mkdirSync(join(current().folder, 'sub'));
      const sidecar = join(current().folder, 'sub/w.bin');
      writeFileSync(sidecar, weights);
      const { record } = await add(path);
      expect(record.artifact.sidecars?.map(({ file, bytes }) => [file, bytes])).to.deep.equal([['sub/w.bin', 48]]);
      expect((await add(path)).added).to.equal(false);
      writeFileSync(sidecar, Buffer.alloc(48));
      await rejection(() => add(path), 'ERR_VERSION_EXISTS');
      const copy = await current().registry.artifactPath(record);
      await using model = await loadModel(copy, loadOptionsOf(record));
      const row = await model.run(new Tensor('int64', BigInt64Array.of(2n), [1]));
      expect(Array.from(row.data as Float32Array)).to.deep.equal([8, 9, 10, 11]);
      writeFileSync(join(current().modelsDir, 'model/v1.0/sub/w.bin.new'), weights); // the stored one is read-only
      await rejection(
        () => loadModel(copy, { ...loadOptionsOf(record), externalSha256: { 'sub/w.bin': '0'.repeat(64) } }),
        'ERR_INTEGRITY',
      );
    });

    it('reads a snapshot of the Hugging Face cache, whose files are links, and says where it is from', async () => {
      const revision = '0123456789abcdef0123456789abcdef01234567';
      const cache = join(current().folder, 'hub/models--org--name');
      const snapshot = join(cache, 'snapshots', revision, 'onnx');
      mkdirSync(snapshot, { recursive: true });
      mkdirSync(join(cache, 'blobs'));
      copyFileSync(fixture('faults/onnx/rows.onnx'), join(cache, 'blobs/aa'));
      writeFileSync(join(cache, 'blobs/bb'), weights);
      symlinkSync('../../../blobs/aa', join(snapshot, 'model.onnx'));
      symlinkSync('../../../blobs/bb', join(snapshot, 'w.bin'));
      const { record } = await add(join(snapshot, 'model.onnx'));
      expect(record.source).to.deep.equal({ repository: 'hf:org/name', revision, file: 'onnx/model.onnx' });
      expect(record).to.not.have.property('sourceCommit');
      for (const file of ['model.onnx', 'w.bin']) {
        expect(lstatSync(join(current().modelsDir, 'model/v1.0', file)).isFile(), file).to.equal(true);
      }
      await current().registry.verify('model', version);
      // A link that leaves the cache is none of it.
      const stray = join(snapshot, 'stray.onnx');
      copyFileSync(fixture('faults/onnx/rows_dot.onnx'), stray);
      execFileSync('ln', ['-sfn', join(current().folder, 'elsewhere.bin'), join(snapshot, 'w.bin')]);
      writeFileSync(join(current().folder, 'elsewhere.bin'), weights);
      await rejection(() => add(stray, { name: 'stray' }), 'ERR_UNSAFE_ARCHIVE');
      expect(cachedFile('/x/models--org--name/refs/main')).to.equal(undefined);
    });
  });

  it('leaves everything as it was when the registry cannot be written', async () => {
    const { registryDir, modelsDir } = current();
    writeFileSync(join(registryDir, 'model'), 'a file in the way');
    await add(onnx('linear')).then(
      () => expect.fail('expected an error'),
      (error: unknown) => expect((error as { code: string }).code).to.match(/^ERR_(INTEGRITY|STORAGE)$/),
    );
    expect(readdirSync(modelsDir).filter((name) => name !== '.staging')).to.deep.equal([]);
    const other = await ModelRegistry.open({ registryDir, modelsDir });
    expect(await other.list()).to.deep.equal([]);
    expect(existsSync(join(modelsDir, 'model'))).to.equal(false);
  });
});
