import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelHost, ModelRegistry, runtime, Tensor, type RunEvent } from '#dist/index.js';
import { createServer } from '#dist/server/index.js';
import { rowModel } from '#dist/server/codec/row-model.js';
import { rejection } from '../support/rejection.js';
import { keptLogger } from '../support/server/logs.js';

const root = new URL('../../', import.meta.url);
const fixture = (name: string) => fileURLToPath(new URL(`test/fixtures/torchscript/${name}`, root));
const digitModel = { models: [{ name: 'mnist-mlp' }], warmupBatchSizes: [1] };

interface Digit {
  label: number;
  input: number[];
  logits: number[];
}
const { digits } = JSON.parse(await readFile(new URL('test/fixtures/digits.json', root), 'utf8')) as {
  digits: Digit[];
};

describe('model host', () => {
  it('serves the digit model: real digits get their classes', async () => {
    await using host = await ModelHost.open(digitModel);
    expect(host).to.include({ state: 'ready', defaultModel: 'mnist-mlp' });
    const model = rowModel(host.model());
    const rows = Float32Array.from(digits.flatMap(({ input }) => input));
    const { predictions, confidenceScores, timings } = await model.predict({ rows, batchSize: digits.length });
    expect(predictions).to.deep.equal(digits.map(({ label }) => label));
    for (const [index, { logits }] of digits.entries()) {
      const best = Math.max(...logits);
      const expected = 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - best), 0);
      expect(confidenceScores[index]).to.be.closeTo(expected, 1e-5);
    }
    expect(timings.runMs).to.be.greaterThan(0);
  });

  it('holds inputs to the signature of the record', async () => {
    await using host = await ModelHost.open(digitModel);
    const model = host.model('mnist-mlp', 'v1.0');
    const codeOf = async (tensor: Tensor) => (await rejection(model.run(tensor))).code;
    expect(await codeOf(new Tensor('float32', new Float32Array(783), [1, 783]))).to.equal('ERR_INVALID_SHAPE');
    expect(await codeOf(new Tensor('float64', new Float64Array(784), [1, 784]))).to.equal('ERR_INVALID_DTYPE');
    expect(await codeOf(new Tensor('float32', new Float32Array(784).fill(2), [1, 784]))).to.equal('ERR_OUT_OF_RANGE');
    expect(await codeOf(new Tensor('float32', new Float32Array(784).fill(NaN), [1, 784]))).to.equal('ERR_NOT_FINITE');
    expect((await model.run(new Tensor('float32', new Float32Array(784), [1, 784]))).shape).to.deep.equal([1, 10]);
  });

  it('knows its models and versions, and no others', async () => {
    await using host = await ModelHost.open(digitModel);
    expect(host.list().map(({ name, version }) => `${name} ${version}`)).to.deep.equal(['mnist-mlp v1.0']);
    expect(() => host.model('other'))
      .to.throw()
      .with.property('code', 'ERR_MODEL_NOT_FOUND');
    expect(() => host.model('mnist-mlp', 'v2.0'))
      .to.throw()
      .with.property('code', 'ERR_VERSION_NOT_FOUND');
    expect(() => ModelHost.start({ models: [] }))
      .to.throw()
      .with.property('code', 'ERR_CONFIG');
    expect(() => ModelHost.start({ ...digitModel, defaultModel: 'x' }))
      .to.throw()
      .with.property('code', 'ERR_CONFIG');
  });

  it('tells its listeners of every call, and survives theirs', async () => {
    await using host = await ModelHost.open({ models: [{ file: fixture('raises.pt') }] });
    const events: RunEvent[] = [];
    host.on('run', (event) => events.push(event));
    const model = host.model();
    await model.run(new Tensor('float32', Float32Array.of(1, 4), [2]));
    await rejection(model.run(new Tensor('float32', Float32Array.of(-1), [1])));
    const reason = new Error('gone');
    const aborted = rejection(
      model.run(new Tensor('float32', Float32Array.of(1), [1]), { signal: AbortSignal.abort(reason) }),
    );
    expect(await aborted).to.equal(reason);
    expect(events.map(({ outcome, rows, model }) => `${model} ${outcome} ${rows}`)).to.deep.equal([
      'raises ok 2',
      'raises ERR_MODEL_EXECUTION 1',
      'raises aborted 1',
    ]);
    expect(events[0]?.timings).to.have.keys('queueMs', 'runMs');
    const warned = new Promise((resolve) => process.once('warning', resolve));
    host.on('run', () => {
      throw new Error('a broken listener');
    });
    await model.run(new Tensor('float32', Float32Array.of(1), [1]));
    expect(await warned).to.have.property('message', 'a broken listener');
  });

  it('serves a bare file, which has no task', async () => {
    await using host = await ModelHost.open({ models: [{ file: fixture('linear.pt') }] });
    const model = host.model('linear', '1');
    expect(model.record).to.equal(undefined);
    expect(() => rowModel(model))
      .to.throw()
      .with.property('code', 'ERR_TASK');
    expect((await model.run(new Tensor('float32', new Float32Array(4), [1, 4]))).shape).to.deep.equal([1, 3]);
  });

  describe('start', () => {
    it('answers not ready until the models are up', async () => {
      const host = ModelHost.start(digitModel);
      expect(host.state).to.equal('loading');
      expect(() => host.model())
        .to.throw()
        .with.property('code', 'ERR_NOT_READY');
      await host.ready;
      expect(host.model().name).to.equal('mnist-mlp');
      await host.close();
    });

    it('can be closed while it loads', async () => {
      const host = ModelHost.start(digitModel);
      await host.close();
      expect(host.state).to.equal('closed');
      expect(await rejection(host.ready)).to.have.property('code', 'ERR_DRAINING');
    });

    it('says which model failed, and disposes those that were up', async () => {
      const host = ModelHost.start({ models: [{ name: 'mnist-mlp' }, { file: fixture('truncated.pt') }] });
      const { code, message } = await rejection(host.ready);
      expect(code).to.match(/^ERR_/);
      expect(message).to.match(/^truncated 1: /);
      expect(host.state).to.equal('closed');
      expect(host.list().every(({ model }) => model.disposed)).to.equal(true);
    });
  });

  it('takes several versions of a name, and each of them once', async () => {
    const file = fixture('linear.pt');
    await using host = await ModelHost.open({
      models: [
        { file, name: 'mnist-mlp', version: '1', warmup: false },
        { name: 'mnist-mlp', warmup: { batchSizes: [1] } },
      ],
    });
    expect(host.list().map(({ version }) => version)).to.deep.equal(['1', 'v1.0']);
    expect(host.model().version).to.equal('1');
    for (const models of [
      [{ file }, { file }],
      [{ name: 'm' }, { name: 'm' }],
      [
        { file, name: 'm', version: 'v1.0' },
        { name: 'm', versions: ['v1.0'] },
      ],
    ]) {
      expect(() => ModelHost.start({ models }))
        .to.throw(/each version of each model name once/)
        .with.property('code', 'ERR_CONFIG');
    }
    // Which version is meant is known when the registry was asked.
    const models = [{ name: 'mnist-mlp', versions: ['v1.0'], warmup: false as const }, { name: 'mnist-mlp' }];
    expect(await rejection(ModelHost.open({ models }))).to.have.property('code', 'ERR_CONFIG');
  });

  describe('a model that cannot be loaded at the start', () => {
    const models = [{ file: fixture('truncated.pt') }, { file: fixture('linear.pt'), warmup: false as const }];

    it('is left out where onModelError says so, and named', async () => {
      const log = keptLogger();
      const host = ModelHost.start({ models, onModelError: 'continue' });
      const server = await createServer({ host, port: 0, logger: log.logger });
      await host.ready;
      expect(host.state).to.equal('ready');
      expect(host.list().map(({ name }) => name)).to.deep.equal(['linear']);
      expect(host.index()).to.deep.equal([
        {
          name: 'truncated',
          version: '1',
          state: 'UNAVAILABLE',
          reason: 'Not a model of this format (ERR_MODEL_FORMAT)',
        },
        { name: 'linear', version: '1', state: 'READY', reason: '' },
      ]);
      expect(host.failed().map(({ model, version, code }) => [model, version, code])).to.deep.equal([
        ['truncated', '1', 'ERR_MODEL_FORMAT'],
      ]);
      expect(() => host.model())
        .to.throw(/truncated could not be loaded/)
        .with.property('code', 'ERR_MODEL_NOT_FOUND');
      expect((await host.model('linear').run(new Tensor('float32', new Float32Array(4), [1, 4]))).shape[1]).to.equal(3);
      await server.close();
      await host.close();
      const said = log.lines().filter(({ level, model }) => level === 'error' && model === 'truncated');
      expect(said).to.have.length(1);
    });

    it('ends the start otherwise, and nothing stays loaded', async () => {
      const host = ModelHost.start({ models: [...models].reverse(), onModelError: 'fail' });
      expect(await rejection(host.ready)).to.have.property('code', 'ERR_MODEL_FORMAT');
      expect(host.state).to.equal('closed');
      expect(host.index().map(({ state }) => state)).to.deep.equal(['UNAVAILABLE', 'UNAVAILABLE']);
      expect((await runtime.info()).models).to.deep.equal([]);
      const bad = ModelHost.open({ models, onModelError: 'ignore' as never });
      expect(await rejection(bad)).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    });
  });

  describe('close', () => {
    it('waits for what runs, refuses what comes, and disposes', async () => {
      const host = await ModelHost.open({ models: [{ file: fixture('slow.pt') }] });
      const served = host.model();
      const running = served.call('forward', [new Tensor('float32', new Float32Array(256), [256]), 200]);
      expect(host.inFlight).to.equal(1);
      const closing = host.close();
      expect(host.close()).to.equal(closing);
      expect(host.state).to.equal('draining');
      const late = served.call('forward', [new Tensor('float32', new Float32Array(256), [256]), 1]);
      expect(await rejection(late)).to.have.property('code', 'ERR_DRAINING');
      expect(served.model.disposed).to.equal(false);
      expect(await running).to.be.instanceOf(Tensor);
      await closing;
      expect(host.state).to.equal('closed');
      expect(served.model.disposed).to.equal(true);
    });
  });

  describe('integrity', () => {
    let folder: string;
    const artifact = () => join(folder, 'models', 'mnist-mlp', 'v1.0', 'model.pt');
    const recordFile = () => join(folder, 'model-registry', 'mnist-mlp', 'v1.0', 'metadata.json');
    const openCopy = async () => {
      const registry = await ModelRegistry.open({
        registryDir: join(folder, 'model-registry'),
        modelsDir: join(folder, 'models'),
      });
      return ModelHost.open({ ...digitModel, registry });
    };

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'node-libtorch-host-'));
      for (const name of ['models', 'model-registry']) {
        await cp(new URL(name, root), join(folder, name), { recursive: true });
      }
    });
    afterEach(() => rm(folder, { recursive: true }));

    it('refuses an artifact with one flipped bit', async () => {
      const bytes = await readFile(artifact());
      const middle = bytes.length >> 1;
      bytes[middle] = (bytes[middle] as number) ^ 1;
      await writeFile(artifact(), bytes);
      const error = await rejection(openCopy());
      expect(error).to.have.property('code', 'ERR_INTEGRITY');
      expect(error.message).to.match(/^mnist-mlp v1\.0: /);
    });

    const contradictions: [string, (record: { signature: never; task: { labels: string[] } }) => void][] = [
      [
        'shape',
        ({ signature, task }) => {
          (signature as { outputs: { shape: unknown[] }[] }).outputs[0]!.shape = [null, 9];
          task.labels.pop();
        },
      ],
      ['dtype', ({ signature }) => ((signature as { outputs: { dtype: string }[] }).outputs[0]!.dtype = 'float64')],
      [
        'number of inputs',
        ({ signature }) => {
          const { inputs } = signature as { inputs: unknown[] };
          inputs.push({ ...(inputs[0] as object), name: 'second' });
        },
      ],
    ];
    for (const [what, edit] of contradictions) {
      it(`refuses a record that says another ${what} than the model has`, async () => {
        const record = JSON.parse(await readFile(recordFile(), 'utf8')) as Parameters<typeof edit>[0] & {
          trainingStatistics?: unknown;
        };
        edit(record);
        delete record.trainingStatistics;
        await writeFile(recordFile(), JSON.stringify(record));
        expect(await rejection(openCopy())).to.have.property('code', 'ERR_SIGNATURE_MISMATCH');
      });
    }
  });

  it('refuses options that it does not have, its models’ and its registry’s too', async () => {
    for (const options of [
      { models: [{ name: 'mnist-mlp' }], warmupBatchSize: [1] },
      { models: [{ name: 'mnist-mlp', batchng: {} }] },
    ])
      expect(await rejection(ModelHost.open(options))).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    const registry = ModelRegistry.open({ registyDir: '/nowhere' } as never);
    expect(await rejection(registry)).to.have.property('code', 'ERR_INVALID_ARGUMENT');
  });
});

describe('a record whose model /predict cannot answer for', () => {
  it('is up with a warning', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'node-libtorch-unanswered-'));
    try {
      const bytes = await readFile(fixture('linear.pt'));
      const spec = (name: string, ...shape: (number | null)[]) => ({ name, dtype: 'float32', shape });
      const tasks = {
        free: { type: 'other' },
        vectors: { type: 'embedding', pooling: 'none', normalize: false },
        classes: { type: 'classification', activation: 'softmax', labels: ['a', 'b', 'c'] },
      };
      for (const [name, task] of Object.entries(tasks)) {
        for (const kind of ['models', 'registry']) await mkdir(join(folder, kind, name, 'v1.0'), { recursive: true });
        await writeFile(join(folder, 'models', name, 'v1.0', 'model.pt'), bytes);
        const record = {
          ...{ schemaVersion: 1, name, version: 'v1.0', created: '2026-01-02T03:04:05Z', sourceCommit: 'a'.repeat(40) },
          engine: 'torchscript',
          artifact: { file: 'model.pt', sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length },
          framework: { torch: '2.15.0', python: '3.11' },
          signature: { inputs: [spec('x', null, 4)], outputs: [spec('y', null, 3)] },
          ...{ task, metrics: {}, training: { dataset: 'none' } },
        };
        await writeFile(join(folder, 'registry', name, 'v1.0', 'metadata.json'), JSON.stringify(record));
      }
      const registry = await ModelRegistry.open({
        registryDir: join(folder, 'registry'),
        modelsDir: join(folder, 'models'),
      });
      const models = Object.keys(tasks).map((name) => ({ name }));
      // The server may come before the models, or after them.
      for (const isEarly of [true, false]) {
        const host = ModelHost.start({ models, registry });
        if (!isEarly) await host.ready;
        const log = keptLogger();
        const server = await createServer({ host, port: 0, logger: log.logger });
        await host.ready.finally(() => server.close()).finally(() => host.close());
        const warned = log.lines().filter(({ msg }) => /\/predict cannot answer/.test(String(msg)));
        expect(warned.map(({ level, model }) => `${String(level)} ${String(model)}`)).to.deep.equal(['warn free']);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
