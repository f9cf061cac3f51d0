import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelRegistry, signatureOf, type ModelRecord } from '#dist/registry/index.js';
import { compareVersions, defaultVersion, isFileName, isModelName, isVersion } from '#dist/registry/names.js';
import { rejection } from '../support/rejection.js';

const bytes = Buffer.from('not a model, but bytes');

/** A record that is right in everything. */
function sample(): Record<string, unknown> & { artifact: Record<string, unknown>; task: Record<string, unknown> } {
  return {
    schemaVersion: 1,
    name: 'tiny',
    version: 'v1.0',
    created: '2026-01-02T03:04:05Z',
    sourceCommit: 'a'.repeat(40),
    engine: 'torchscript',
    artifact: { file: 'model.pt', sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length },
    framework: { torch: '2.15.0', python: '3.11.0' },
    signature: {
      inputs: [{ name: 'input', dtype: 'float32', shape: [null, 4], range: [0, 1] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: [null, 2] }],
    },
    task: { type: 'classification', activation: 'softmax', labels: ['no', 'yes'] },
    metrics: { testAccuracy: 0.9, testSamples: 10, calibration: { ece: 0.1 } },
    tolerance: { fp32: { absolute: 1e-6, relative: 1e-4 }, fp16: { absolute: 0, relative: 1e-2 } },
    training: { dataset: 'none', seed: 1, split: { train: 8, test: 2 }, anything: true },
    inputStatistics: {
      count: 40,
      mean: 0.5,
      std: 0.1,
      min: 0,
      max: 1,
      histogram: { edges: [0, 0.5, 1], counts: [20, 20] },
      predictionDistribution: [0.5, 0.5],
    },
  };
}

describe('model registry', () => {
  let root: string;
  let registry: ModelRegistry;
  const recordFile = (version = 'v1.0') => join(root, 'registry', 'tiny', version, 'metadata.json');
  const artifactFile = () => join(root, 'models', 'tiny', 'v1.0', 'model.pt');

  const write = async (record: unknown, version = 'v1.0') => {
    await mkdir(join(root, 'registry', 'tiny', version), { recursive: true });
    await writeFile(recordFile(version), typeof record === 'string' ? record : JSON.stringify(record));
  };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'node-libtorch-registry-'));
    await mkdir(join(root, 'models', 'tiny', 'v1.0'), { recursive: true });
    await writeFile(artifactFile(), bytes);
    await write(sample());
    registry = await ModelRegistry.open({ registryDir: join(root, 'registry'), modelsDir: join(root, 'models') });
  });
  afterEach(() => rm(root, { recursive: true }));

  it('lists models and versions, in order, and nothing else', async () => {
    for (const version of ['v1.10', 'v1.2', 'draft']) await write({ ...sample(), version }, version);
    await mkdir(join(root, 'registry', 'No Name', 'v1.0'), { recursive: true });
    await mkdir(join(root, 'registry', 'empty'));
    await symlink(join(root, 'registry', 'tiny'), join(root, 'registry', 'alias'));
    expect(await registry.list()).to.deep.equal([{ name: 'tiny', versions: ['v1.0', 'v1.2', 'v1.10'] }]);
    expect(await registry.versions('tiny')).to.deep.equal(['v1.0', 'v1.2', 'v1.10']);
  });

  it('reads a record and finds its artifact', async () => {
    const record = await registry.record('tiny', 'v1.0');
    expect(record).to.deep.equal(sample());
    expect(await registry.artifactPath(record)).to.equal(join(registry.modelsDir, 'tiny', 'v1.0', 'model.pt'));
    expect(await registry.verify('tiny', 'v1.0')).to.deep.equal({
      sha256: record.artifact.sha256,
      bytes: bytes.length,
    });
  });

  it('reads the bundled registry', async () => {
    const own = await ModelRegistry.open();
    const record = await own.resolve('mnist-mlp');
    expect(record.task).to.have.property('type', 'classification');
    expect((await own.verify('mnist-mlp', record.version)).sha256).to.equal(record.artifact.sha256);
  });

  describe('versions', () => {
    it('default to the only one, or to v1.0', async () => {
      expect((await registry.resolve('tiny')).version).to.equal('v1.0');
      await write({ ...sample(), version: 'v2' }, 'v2');
      expect((await registry.resolve('tiny')).version).to.equal('v1.0');
      expect((await registry.resolve('tiny', 'v2')).version).to.equal('v2');
    });

    it('have to be named where several are there and none is v1.0', async () => {
      await rm(join(root, 'registry', 'tiny', 'v1.0'), { recursive: true });
      for (const version of ['v2', 'v3']) await write({ ...sample(), version }, version);
      expect(await rejection(registry.resolve('tiny'))).to.have.property('code', 'ERR_VERSION_NOT_FOUND');
    });

    it('that are not there are named with those that are', async () => {
      const error = await rejection(registry.record('tiny', 'v9'));
      expect(error).to.have.property('code', 'ERR_VERSION_NOT_FOUND');
      expect(error.message).to.include('v1.0').and.include('v9');
      expect(await rejection(registry.resolve('none'))).to.have.property('code', 'ERR_MODEL_NOT_FOUND');
    });

    it('compare by number', () => {
      expect(['v10', '2', 'v1.10', 'v1.9', 'v1'].sort(compareVersions)).to.deep.equal([
        'v1',
        'v1.9',
        'v1.10',
        '2',
        'v10',
      ]);
      expect(defaultVersion(['v3'])).to.equal('v3');
      expect(defaultVersion(['v1.0', 'v3'])).to.equal('v1.0');
      expect(defaultVersion(['v2', 'v3'])).to.equal(undefined);
    });
  });

  describe('names', () => {
    const bad = [
      '..',
      '../tiny',
      'a/b',
      'a\\b',
      '/etc',
      '',
      '.hidden',
      'Tiny',
      'a..b',
      'a\0b',
      'a\n',
      'ä',
      'x'.repeat(65),
      1,
      null,
    ];
    for (const name of bad) {
      it(`refuse ${JSON.stringify(name)}`, async () => {
        expect(isModelName(name)).to.equal(false);
        for (const call of [registry.versions(name as string), registry.record(name as string, 'v1.0')]) {
          expect(await rejection(call)).to.have.property('code', 'ERR_INVALID_ARGUMENT');
        }
      });
    }

    it('of versions and files are held to their grammars', async () => {
      for (const version of ['..', 'v', '1.2.3.4', 'latest', 'v1.0/..', '', '1\n']) {
        expect(isVersion(version)).to.equal(false);
        expect(await rejection(registry.record('tiny', version))).to.have.property('code', 'ERR_INVALID_ARGUMENT');
      }
      for (const file of ['../model.pt', 'a/b', '.env', 'a..b', '', 'model.pt\0']) {
        expect(isFileName(file)).to.equal(false);
        const record = { ...(sample() as unknown as ModelRecord), artifact: { file, sha256: '', bytes: 1 } };
        expect(await rejection(registry.artifactPath(record))).to.have.property('code', 'ERR_INVALID_ARGUMENT');
      }
    });
  });

  describe('integrity', () => {
    it('finds one flipped bit, wherever it is', async () => {
      for (let index = 0; index < bytes.length; index++) {
        const flipped = Buffer.from(bytes);
        flipped[index] = (flipped[index] as number) ^ 1;
        await writeFile(artifactFile(), flipped);
        expect(await rejection(registry.verify('tiny', 'v1.0'))).to.have.property('code', 'ERR_INTEGRITY');
      }
    });

    it('finds a truncated and a missing artifact', async () => {
      await truncate(artifactFile(), 3);
      expect((await rejection(registry.verify('tiny', 'v1.0'))).message).to.include('found 3 bytes');
      await rm(artifactFile());
      expect(await rejection(registry.verify('tiny', 'v1.0'))).to.have.property('code', 'ERR_INTEGRITY');
    });

    it('refuses a link that leaves the models, and follows one that does not', async () => {
      const elsewhere = join(root, 'elsewhere.pt');
      await cp(artifactFile(), elsewhere);
      await rm(artifactFile());
      await symlink(elsewhere, artifactFile());
      expect(await rejection(registry.verify('tiny', 'v1.0'))).to.have.property('code', 'ERR_INTEGRITY');
      await rm(artifactFile());
      await writeFile(join(root, 'models', '..blob'), bytes);
      await symlink(join(root, 'models', '..blob'), artifactFile());
      await registry.verify('tiny', 'v1.0');
    });

    it('refuses a record that links out of the registry', async () => {
      await cp(recordFile(), join(root, 'metadata.json'));
      await rm(recordFile());
      await symlink(join(root, 'metadata.json'), recordFile());
      expect(await rejection(registry.record('tiny', 'v1.0'))).to.have.property('code', 'ERR_INTEGRITY');
    });

    it('does not wait for a pipe or read a folder in the place of a file', async () => {
      await rm(artifactFile());
      execFileSync('mkfifo', [artifactFile()]);
      expect(await rejection(registry.verify('tiny', 'v1.0'))).to.have.property('code', 'ERR_INTEGRITY');
      await rm(artifactFile());
      await mkdir(artifactFile());
      expect(await rejection(registry.verify('tiny', 'v1.0'))).to.have.property('code', 'ERR_INTEGRITY');
    });
  });

  describe('records', () => {
    const without = (key: string) => Object.fromEntries(Object.entries(sample()).filter(([name]) => name !== key));
    const withSpec = (change: object) => {
      const { signature } = sample() as unknown as { signature: { inputs: object[] } };
      return { ...sample(), signature: { ...signature, inputs: [{ ...signature.inputs[0], ...change }] } };
    };
    const withSidecars = (what: string, files: readonly string[], wrong: number): (typeof cases)[0] => [
      what,
      () => ({
        ...sample(),
        schemaVersion: 2,
        artifact: { ...sample().artifact, sidecars: files.map((file) => ({ file, sha256: '0'.repeat(64), bytes: 1 })) },
      }),
      `/artifact/sidecars/${wrong}/file`,
    ];
    const misplaced: readonly string[] = [
      '',
      '/etc/x',
      '../x',
      'a/../../x',
      'a/./b',
      'a//b',
      'a/',
      'a\\b',
      'C:x',
      'a\nb',
      '\ud800',
      'é'.repeat(128),
      'a/'.repeat(16) + 'b',
    ];
    const cases: [string, () => unknown, string][] = [
      ['no JSON', () => '{', 'JSON'],
      ['another name than their folder', () => ({ ...sample(), name: 'other' }), '/name'],
      ['another version than their folder', () => ({ ...sample(), version: 'v2' }), '/version'],
      ['an unknown schema version', () => ({ ...sample(), schemaVersion: 3 }), '/schemaVersion'],
      ['an unknown member', () => ({ ...sample(), extra: 1 }), '/extra'],
      ['no signature', () => without('signature'), 'signature'],
      ['a short sha256', () => ({ ...sample(), artifact: { ...sample().artifact, sha256: 'ab' } }), '/artifact/sha256'],
      [
        'an artifact elsewhere',
        () => ({ ...sample(), artifact: { ...sample().artifact, file: '../x' } }),
        '/artifact/file',
      ],
      ...misplaced.map((file) => withSidecars(`a sidecar at ${JSON.stringify(file).slice(0, 20)}`, [file], 0)),
      withSidecars('a sidecar twice', ['w/a.bin', 'w/b.bin', 'w/a.bin'], 2),
      withSidecars('a sidecar in place of the artifact', ['w/a.bin', String(sample().artifact['file'])], 1),
      ['a date that is none', () => ({ ...sample(), created: 'yesterday' }), '/created'],
      ['a commit that is none', () => ({ ...sample(), sourceCommit: 'HEAD' }), '/sourceCommit'],
      ['an unknown engine', () => ({ ...sample(), engine: 'keras' }), '/engine'],
      [
        'labels that do not fit the output',
        () => ({ ...sample(), task: { ...sample().task, labels: ['a'] } }),
        '/task/labels',
      ],
      [
        'a negative tolerance',
        () => ({ ...sample(), tolerance: { fp32: { absolute: -1, relative: 0 } } }),
        '/tolerance',
      ],
      ['half a tolerance', () => ({ ...sample(), tolerance: { fp32: { relative: 0 } } }), '/tolerance/fp32'],
      ['the tolerance of no precision', () => ({ ...sample(), tolerance: { fp8: {} } }), '/tolerance/fp8'],
      ['an input without a dtype', () => withSpec({ dtype: null }), '/signature/inputs/0'],
      ['an input without a shape', () => withSpec({ shape: null }), '/signature/inputs/0'],
      ['an unknown dtype', () => withSpec({ dtype: 'float' }), '/signature/inputs/0/dtype'],
      ['bounds of another rank', () => withSpec({ bounds: [null] }), '/signature/inputs/0/bounds'],
      ['bounds of a size', () => withSpec({ bounds: [null, { min: 1, max: 2 }] }), '/signature/inputs/0/bounds'],
      ['bounds without an end', () => withSpec({ bounds: [{ min: 1 }, null] }), '/signature/inputs/0/bounds/0'],
      ['symbols of another rank', () => withSpec({ symbols: ['batch'] }), '/signature/inputs/0/symbols'],
      ['a range the wrong way round', () => withSpec({ range: [1, 0] }), '/signature/inputs/0/range'],
      ['an unknown member of an input', () => withSpec({ extra: 1 }), '/signature/inputs/0/extra'],
      ['an accuracy above one', () => ({ ...sample(), metrics: { testAccuracy: 98 } }), '/metrics/testAccuracy'],
    ];
    it('nested deeper than anybody needs are refused, whatever is deep in them', async () => {
      for (const [open, close] of [
        ['[', ']'],
        ['{"a":', '}'],
      ] as const) {
        for (const levels of [65, 100_000]) {
          const deep = `${open.repeat(levels)}1${close.repeat(levels)}`;
          const text = JSON.stringify(sample()).replace('"anything":true', `"anything":${deep}`);
          await write(sample());
          await writeFile(recordFile(), text);
          const error = await rejection(registry.record('tiny', 'v1.0'));
          expect(error).to.have.property('code', 'ERR_MANIFEST');
          expect(error.message).to.match(/nested at most 64 levels deep/);
        }
      }
      const fine = JSON.stringify(sample()).replace('"anything":true', `"anything":${'['.repeat(60)}${']'.repeat(60)}`);
      await writeFile(recordFile(), fine);
      expect((await registry.record('tiny', 'v1.0')).training).to.have.property('anything');
    });

    it('with many faults tell all of them at once, without those of other tasks', async () => {
      const { created: _, ...rest } = sample();
      await write({
        ...rest,
        name: 'other',
        sourceCommit: 'x',
        extra: 1,
        artifact: { ...rest.artifact, bytes: 0 },
        task: { type: 'embedding', pooling: 5, labels: ['a'] },
      });
      const error = await rejection(registry.record('tiny', 'v1.0'));
      const parts = [
        "'created'",
        '/name',
        '/sourceCommit',
        '/extra',
        '/artifact/bytes',
        '/task/pooling',
        '/task/labels',
      ];
      for (const part of parts) expect(error.message).to.include(part);
      expect(error.message).not.to.include('activation');
      expect(error.errors).to.have.length.below(10);
    });

    it('with more faults than anybody reads name twenty, and how many more', async () => {
      const input = { a: 1, b: 2 };
      await write({ ...sample(), signature: { inputs: new Array(10).fill(input), outputs: [input] } });
      const error = await rejection(registry.record('tiny', 'v1.0'));
      expect(error.errors).to.have.length(20);
      expect(error.message).to.match(/; and 35 more$/);
    });

    it('with a task of no kind name the kinds', async () => {
      await write({ ...sample(), task: { type: 'guess' } });
      const error = await rejection(registry.record('tiny', 'v1.0'));
      expect(error.message).to.match(/: \/task\/type must be one of classification, multi-label, embedding, other$/);
    });

    for (const [name, record, pointer] of cases) {
      it(`with ${name} are refused`, async () => {
        await write(record());
        const error = await rejection(registry.record('tiny', 'v1.0'));
        expect(error).to.have.property('code', 'ERR_MANIFEST');
        expect(error.message).to.include('tiny v1.0').and.include(pointer);
      });
    }

    it('say of a signature what a plain tensor does not need', async () => {
      const changes = [
        { symbols: ['batch', null], bounds: [{ min: 1, max: 64 }, null], labels: ['a', 'b', 'c', 'd'] },
        { dtype: null, shape: null, range: undefined, type: 'int', optional: true },
      ];
      for (const change of changes) {
        await write(withSpec(change));
        const { signature } = await registry.record('tiny', 'v1.0');
        const { range, ...expected } = { name: 'input', dtype: 'float32', shape: [null, 4], range: [0, 1], ...change };
        expect(signature.inputs[0]).to.deep.equal(range ? { ...expected, range } : expected);
      }
    });

    it('give a model the labels and the task with its signature', async () => {
      const record = await registry.record('tiny', 'v1.0');
      const { inputs, outputs, task } = signatureOf(record);
      expect(inputs).to.deep.equal(record.signature.inputs);
      expect(outputs).to.deep.equal([{ ...record.signature.outputs[0], labels: ['no', 'yes'] }]);
      expect(task).to.deep.equal(record.task);
      expect(signatureOf({ ...record, task: { type: 'other' } }).outputs).to.deep.equal(record.signature.outputs);
    });

    it('that are missing are refused', async () => {
      await rm(recordFile());
      expect(await rejection(registry.record('tiny', 'v1.0'))).to.have.property('code', 'ERR_MANIFEST');
    });
  });

  describe('tasks', () => {
    const labels = ['no', 'yes'];
    const pixels = { name: 'pixels', dtype: 'float32', shape: [null, 3, 8, 8] };
    const ids = { name: 'input_ids', dtype: 'int64', shape: [null, null] };
    const mask = { ...ids, name: 'attention_mask' };
    const tokens = { name: 'tokens', dtype: 'float32', shape: [null, null, 4] };
    const vectors = { name: 'vectors', dtype: 'float32', shape: [null, 4] };
    const logits = { name: 'logits', dtype: 'float32', shape: [null, 2] };
    const classes = { type: 'classification', activation: 'softmax', labels };
    const several = { type: 'multi-label', activation: 'sigmoid', labels, threshold: 0.5 };
    const embedding = { type: 'embedding', pooling: 'mean', normalize: true };
    const image = { size: 8 };
    const writeTask = (task: unknown, inputs: unknown[], outputs: unknown[]) =>
      write({ ...sample(), task, signature: { inputs, outputs } });

    const good: [string, unknown, unknown[], unknown[]][] = [
      ['multi-label', several, [vectors], [logits]],
      ['embedding, mean', embedding, [ids, mask], [tokens]],
      ['embedding, mean, another mask', { ...embedding, attentionMask: 'm' }, [ids, { ...mask, name: 'm' }], [tokens]],
      ['embedding, cls', { ...embedding, pooling: 'cls' }, [ids], [tokens]],
      ['embedding, none', { ...embedding, pooling: 'none' }, [ids], [vectors]],
      ['image', { ...classes, image }, [pixels], [logits]],
      ['image of free sides', { type: 'other', image }, [{ ...pixels, shape: [1, 3, null, null] }], [logits]],
      [
        'image, everything said',
        {
          ...several,
          image: {
            ...{ size: [8, 8], resize: 'crop', shortestSide: 9, interpolation: 'bicubic', channels: 3, divisor: 1 },
            ...{ mean: [1, 2, 3], std: [1, 2, 3], background: [0, 0, 0] },
          },
        },
        [pixels],
        [logits],
      ],
    ];
    for (const [name, task, inputs, outputs] of good) {
      it(`take ${name}`, async () => {
        await writeTask(task, inputs, outputs);
        expect((await registry.record('tiny', 'v1.0')).task).to.deep.equal(task);
      });
    }

    const grey = { ...pixels, shape: [null, 1, 8, 8] };
    const bad: [string, unknown, unknown[], unknown[], string][] = [
      ['labels that do not fit', { ...several, labels: ['a'] }, [vectors], [logits], '/task/labels'],
      ['a threshold above 1', { ...several, threshold: 2 }, [vectors], [logits], '/task'],
      ['another activation', { ...several, activation: 'softmax' }, [vectors], [logits], '/task'],
      ['a type that is none', { type: 'regression' }, [vectors], [logits], '/task'],
      ['an unknown member', { ...embedding, dim: 3 }, [ids, mask], [tokens], '/task'],
      ['mean pooling without a mask', embedding, [ids], [tokens], '/task/attentionMask'],
      ['mean pooling of vectors', embedding, [ids, mask], [vectors], '/task/pooling'],
      ['no pooling of tokens', { ...embedding, pooling: 'none' }, [ids], [tokens], '/task/pooling'],
      ['an image of another size', { ...classes, image: { size: 9 } }, [pixels], [logits], '/task/image'],
      ['an image without a size', { ...classes, image: {} }, [pixels], [logits], '/task'],
      ['an image and other inputs', { ...classes, image }, [pixels, ids], [logits], '/task/image'],
      ['an image of grey', { ...classes, image }, [grey], [logits], '/task/image'],
      ['a mean of two', { ...classes, image: { ...image, mean: [0, 0] } }, [pixels], [logits], '/task/image/mean'],
      ['a std of 0', { ...classes, image: { ...image, std: [0, 1, 1] } }, [pixels], [logits], '/task'],
      [
        'a shortest side below the size',
        { ...classes, image: { ...image, shortestSide: 7 } },
        [pixels],
        [logits],
        '/task/image/shortestSide',
      ],
    ];
    for (const [name, task, inputs, outputs, pointer] of bad) {
      it(`refuse ${name}`, async () => {
        await writeTask(task, inputs, outputs);
        const error = await rejection(registry.record('tiny', 'v1.0'));
        expect(error).to.have.property('code', 'ERR_MANIFEST');
        expect(error.message).to.include(pointer);
      });
    }
  });

  it('refuses options that are no paths, and is made by open() alone', async () => {
    for (const options of [5, { registry: 5 }, { registryDir: 5 }, { modelsDir: '' }, { registryDir: null }]) {
      const error = await rejection(ModelRegistry.open(options as object));
      expect(error, JSON.stringify(options)).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    }
    const Registry = ModelRegistry as unknown as new (...args: string[]) => unknown;
    expect(() => new Registry('a', 'b'))
      .to.throw('ModelRegistry.open')
      .with.property('code', 'ERR_INVALID_ARGUMENT');
  });

  it('refuses folders that are not there', async () => {
    const error = await rejection(ModelRegistry.open({ registryDir: join(root, 'none') }));
    expect(error).to.have.property('code', 'ERR_CONFIG');
    expect(error.message).to.include('registryDir');
    expect(await readFile(recordFile(), 'utf8')).to.include('tiny');
  });
});
