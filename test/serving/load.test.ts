import { expect } from 'chai';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelHost, ModelRegistry, runtime, Tensor, type HostChange, type HostOptions } from 'node-libtorch';
import { fixture, root } from '../support/paths.js';
import { rejection } from '../support/rejection.js';
import { turns } from '../support/turn.js';

const torch = (name: string): string => fixture(`torchscript/${name}.pt`);
const row = (): Tensor => new Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4]);
/** Two models of one interface: how many numbers they make of a row of 4. */
const widths = { linear: 3, dynamic: 1 };

describe('ModelHost.load', () => {
  let folder: string;
  let file: string;
  let host: ModelHost;
  const changes: string[] = [];
  const write = (model: string): void => copyFileSync(torch(model), file);
  const open = async (options: Partial<HostOptions> = {}): Promise<ModelHost> => {
    host = await ModelHost.open({ models: [{ file, warmup: false }], ...options });
    host.on('change', ({ model, version, change }: HostChange) => changes.push(`${model} ${version} ${change}`));
    return host;
  };
  const indexOf = (name: string) =>
    host.index().flatMap((each) => (each.name === name ? [`${each.version} ${each.state} ${each.reason}`.trim()] : []));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'node-libtorch-load-'));
    file = join(folder, 'Score_model.v2-b.pt');
    write('linear');
    changes.length = 0;
  });
  afterEach(async () => {
    await host.close();
    rmSync(folder, { recursive: true });
  });

  it('adds a model, which is called by the name of its file, version 1', async () => {
    await open({ models: [{ file: torch('linear'), warmup: false }] });
    const [served] = await host.load({ file, warmup: false });
    expect(served).to.equal(host.model('Score_model.v2-b')).and.equal(host.model('Score_model.v2-b', '1'));
    expect((await host.model('Score_model.v2-b').run(row())).shape).to.deep.equal([1, 3]);
    expect(host.list().map(({ name }) => name)).to.deep.equal(['linear', 'Score_model.v2-b']);
    expect(changes).to.deep.equal(['Score_model.v2-b 1 loaded']);
    expect(indexOf('Score_model.v2-b')).to.deep.equal(['1 READY']);
  });

  it('adds versions of a name beside each other; the first stays the default', async () => {
    await open({ models: [{ file, name: 'm', version: 'v7', warmup: false }] });
    await host.load({ file: torch('dynamic'), name: 'm', version: '8.0', warmup: false });
    expect(host.model('m').version).to.equal('v7');
    expect((await host.model('m', '8.0').run(row())).shape).to.deep.equal([1, widths.dynamic]);
    expect(indexOf('m')).to.deep.equal(['v7 READY', '8.0 READY']);
    await host.unload('m', 'v7');
    expect(host.model('m').version, 'the first that is up').to.equal('8.0');
    await host.load({ name: 'm' });
    expect(host.model('m').version, 'in its place again').to.equal('v7');
  });

  it('reloads a file that has changed: what was handed out before hands its calls on', async () => {
    await open();
    const before = host.model();
    expect((await before.run(row())).shape).to.deep.equal([1, widths.linear]);
    write('dynamic');
    const [after] = await host.load({ name: before.name });
    expect(after).to.equal(host.model()).and.not.equal(before);
    expect(after?.model.info.sha256).not.to.equal(before.model.info.sha256);
    expect(before).to.include({ retired: true, inFlight: 0 });
    expect(before.model.disposed, 'gone once it is idle').to.equal(true);
    for (const served of [before, host.model()]) {
      expect((await served.run(row())).shape).to.deep.equal([1, widths.dynamic]);
    }
    expect(host.list()).to.have.length(1);
    expect(changes.map((change) => change.split(' ')[2])).to.deep.equal(['reloaded', 'drained']);
  });

  it('keeps the options that a model had, and takes those that are given', async () => {
    await open({ models: [{ file, warmup: false, load: { maxPending: 7 } }] });
    const { name } = host.model();
    await host.load({ name });
    expect(host.model().model.info.maxPending).to.equal(7);
    await host.load({ name, load: { maxPending: 9 } });
    expect(host.model().model.info.maxPending).to.equal(9);
    await host.load({ name });
    expect(host.model().model.info.maxPending, 'those are its own now').to.equal(9);
  });

  describe('that fails', () => {
    it('leaves the old one serving, and says why in the index, without a path', async () => {
      await open();
      const served = host.model();
      copyFileSync(torch('truncated'), file);
      const error = await rejection(host.load({ name: served.name }));
      expect(error).to.have.property('code', 'ERR_MODEL_FORMAT');
      expect(error.message).to.match(/^Score_model\.v2-b 1: /);
      expect(host.model()).to.equal(served);
      expect(served.retired).to.equal(false);
      expect((await served.run(row())).shape).to.deep.equal([1, 3]);
      expect(indexOf(served.name)).to.deep.equal([
        '1 READY the last load failed: Not a model of this format (ERR_MODEL_FORMAT)',
      ]);
      expect(host.failed(), 'it serves').to.deep.equal([]);
      expect(changes).to.deep.equal(['Score_model.v2-b 1 failed']);
      rmSync(file);
      expect(await rejection(host.load({ name: served.name }))).to.have.property('code', 'ERR_MODEL_LOAD');
      // The name of the file, without the way to it.
      expect(JSON.stringify(host.index())).not.to.include(folder);
      expect(indexOf(served.name)).to.deep.equal([
        '1 READY the last load failed: No such file: Score_model.v2-b.pt (ERR_MODEL_LOAD)',
      ]);
      write('linear');
      await host.load({ name: served.name });
      expect(indexOf(served.name)).to.deep.equal(['1 READY']);
    });

    it('of a new one leaves it unavailable until a load succeeds', async () => {
      await open();
      const models = (await runtime.info()).models.length;
      const bad = join(folder, 'bad.pt');
      writeFileSync(bad, 'no model');
      await rejection(host.load({ file: bad }));
      expect(indexOf('bad')).to.deep.equal(['1 UNAVAILABLE Not a model of this format (ERR_MODEL_FORMAT)']);
      expect(host.failed()[0]).to.include({ model: 'bad', version: '1', code: 'ERR_MODEL_FORMAT' });
      expect(() => host.model('bad'))
        .to.throw(/bad could not be loaded: Not a model of this format/)
        .with.property('code', 'ERR_MODEL_NOT_FOUND');
      copyFileSync(torch('linear'), bad);
      await host.load({ name: 'bad', warmup: false });
      expect(host.failed()).to.deep.equal([]);
      expect((await host.model('bad').run(row())).shape).to.deep.equal([1, 3]);
      expect((await runtime.info()).models.length).to.equal(models + 1);
    });

    it('after its warm-up disposes what was loaded', async () => {
      await open();
      const models = (await runtime.info()).models.length;
      const example = [new Tensor('float32', new Float32Array(9), [1, 9])];
      expect(await rejection(host.load({ file, warmup: { example } }))).to.have.property('code', 'ERR_MODEL_EXECUTION');
      expect((await runtime.info()).models.length).to.equal(models);
      expect((await host.model().run(row())).shape).to.deep.equal([1, 3]);
    });
  });

  describe('by a name', () => {
    const registryOf = (versions: readonly string[]): Promise<ModelRegistry> => {
      const [registryDir, modelsDir] = [join(folder, 'records'), join(folder, 'models')];
      for (const [from, to] of [
        ['model-registry', registryDir],
        ['models', modelsDir],
      ] as const) {
        for (const version of versions) {
          cpSync(join(root, from, 'mnist-mlp/v1.0'), join(to, 'mnist-mlp', version), { recursive: true });
        }
      }
      for (const version of versions) {
        const path = join(registryDir, 'mnist-mlp', version, 'metadata.json');
        const text = readFileSync(path, 'utf8').replace('"version": "v1.0"', `"version": "${version}"`);
        writeFileSync(path, text);
      }
      return ModelRegistry.open({ registryDir, modelsDir });
    };
    const spoil = (version: string): void => writeFileSync(join(folder, 'models/mnist-mlp', version, 'model.pt'), 'x');
    const warmup = { batchSizes: [1] };

    it('that the registry has loads it, lists its other versions, and loads those', async () => {
      const registry = await registryOf(['v1.0', 'v2.0', 'v10.0']);
      await open({ registry });
      await host.load({ name: 'mnist-mlp', warmup });
      expect(indexOf('mnist-mlp')).to.deep.equal([
        'v1.0 READY',
        'v10.0 UNAVAILABLE not loaded',
        'v2.0 UNAVAILABLE not loaded',
      ]);
      await host.load({ name: 'mnist-mlp', versions: ['v2.0'] });
      expect(host.model('mnist-mlp', 'v2.0').model.warmupReport?.batchSizes, 'as the other version').to.deep.equal([1]);
      expect(indexOf('mnist-mlp').slice(0, 2)).to.deep.equal(['v1.0 READY', 'v2.0 READY']);
    });

    it('puts several versions into their places, or none', async () => {
      const registry = await registryOf(['v1.0', 'v2.0', 'v3.0']);
      await open({ registry, models: [{ name: 'mnist-mlp', versions: ['v1.0', 'v2.0'], warmup }] });
      const before = host.list();
      spoil('v2.0');
      expect(await rejection(host.load({ name: 'mnist-mlp' }))).to.have.property('code', 'ERR_INTEGRITY');
      expect(host.list()).to.deep.equal(before);
      expect(before.map(({ retired }) => retired)).to.deep.equal([false, false]);
      expect(indexOf('mnist-mlp').map((line) => line.split(':')[0])).to.deep.equal([
        'v1.0 READY',
        'v2.0 READY the last load failed',
        'v3.0 UNAVAILABLE not loaded',
      ]);
      await rejection(host.load({ name: 'mnist-mlp', versions: ['v3.0', 'v2.0'] }));
      expect(indexOf('mnist-mlp').at(-1), 'what is not to blame is as before').to.equal('v3.0 UNAVAILABLE not loaded');
    });

    it('that nobody knows is refused, whatever it looks like, and leaves nothing behind', async () => {
      await open({ registry: await registryOf(['v1.0']) });
      const before = host.index();
      for (const name of ['nobody', 'Nobody', 'score_model.v2-b']) {
        expect(await rejection(host.load({ name }))).to.have.property('code', 'ERR_MODEL_NOT_FOUND');
        expect(await rejection(host.unload(name))).to.have.property('code', 'ERR_MODEL_NOT_FOUND');
      }
      for (const name of ['../mnist-mlp', file, '.', 'a..b', 'a/b', 'a b', 'ä', 'x'.repeat(129), '', 5, null]) {
        const refused = await rejection(host.load({ name: name as string }));
        expect(refused, String(name)).to.have.property('code', 'ERR_INVALID_ARGUMENT');
      }
      for (const version of ['v9', 'latest', '../v1.0', '2']) {
        for (const name of ['mnist-mlp', host.defaultModel]) {
          const refused = await rejection(host.load({ name, versions: [version] }));
          expect(refused, `${name} ${version}`).to.have.property('code', 'ERR_VERSION_NOT_FOUND');
        }
      }
      expect(host.index()).to.deep.equal(before);
      expect(changes).to.deep.equal([]);
    });

    it('of the start whose version nobody could say', async () => {
      const registry = await registryOf(['v2.0', 'v3.0']);
      await open({ registry, onModelError: 'continue', models: [{ name: 'mnist-mlp', warmup }] });
      expect(host.state).to.equal('ready');
      expect(host.failed()[0]).to.include({ model: 'mnist-mlp', version: '', code: 'ERR_VERSION_NOT_FOUND' });
      await host.load({ name: 'mnist-mlp', versions: ['v3.0'] });
      rmSync(join(folder, 'records/mnist-mlp/v3.0'), { recursive: true });
      await host.load({ name: 'mnist-mlp', versions: ['v2.0'] });
      expect(host.failed()).to.deep.equal([]);
      expect(indexOf('mnist-mlp')).to.have.members(['v2.0 READY', 'v3.0 READY']);
    });
  });

  it('takes its turn after what is under way for the name', async () => {
    await open();
    const { name } = host.model();
    const loads = [host.load({ name }), host.unload(name), host.load({ name }), host.load({ name })];
    await Promise.all(loads);
    // An unload does not wait for what drains; a load does, or many old ones would be in memory.
    expect(changes.map((change) => change.split(' ')[2])).to.deep.equal([
      ...['reloaded', 'unloaded', 'drained', 'drained', 'loaded', 'reloaded', 'drained'],
    ]);
    expect(host.list()).to.have.length(1);
    expect(
      (await runtime.info()).models.filter(({ sha256 }) => sha256 === host.model().model.info.sha256),
    ).to.have.length(1);
  });

  it('waits for the start', async () => {
    host = ModelHost.start({ models: [{ file, warmup: false }] });
    const loading = host.load({ file: torch('dynamic'), warmup: false });
    expect(host.state).to.equal('loading');
    expect(indexOf('Score_model.v2-b')).to.deep.equal(['1 LOADING being loaded']);
    const [served] = await loading;
    expect(host.state).to.equal('ready');
    expect(host.model('dynamic')).to.equal(served);
  });

  describe('with beforeSwap', () => {
    it('takes no place before it, and all places in the same turn', async () => {
      await open();
      const before = host.model();
      let open1!: () => void;
      const gate = new Promise<void>((resolve) => (open1 = resolve));
      let isPrepared = false;
      const loading = host.load({ name: before.name }, { beforeSwap: () => ((isPrepared = true), gate) });
      while (!isPrepared) await turns();
      expect(host.model()).to.equal(before);
      open1();
      await new Promise((resolve) => setImmediate(resolve));
      expect(host.model()).not.to.equal(before);
      await loading;
    });

    it('that throws undoes the load', async () => {
      await open();
      const before = host.model();
      const models = (await runtime.info()).models.length;
      const refused = host.load({ name: before.name }, { beforeSwap: () => Promise.reject(new Error('no')) });
      expect((await rejection(refused)).message).to.equal('no');
      expect(host.model()).to.equal(before);
      // It was up: nothing is wrong with it.
      expect(indexOf(before.name)).to.deep.equal(['1 READY']);
      expect(changes).to.deep.equal([]);
      expect((await runtime.info()).models.length).to.equal(models);
    });

    it('that never ends is ended by the signal, and by the end of the host', async () => {
      await open();
      const { name } = host.model();
      const controller = new AbortController();
      const never = (): Promise<void> => new Promise(() => undefined);
      const aborted = host.load({ name }, { beforeSwap: never, signal: controller.signal });
      setTimeout(() => controller.abort(new Error('gone')), 50);
      expect((await rejection(aborted)).message).to.equal('gone');
      expect(indexOf(name), 'nobody’s fault').to.deep.equal(['1 READY']);
      const closed = rejection(host.load({ name }, { beforeSwap: never }));
      await turns(50);
      await host.close();
      expect(await closed).to.have.property('code', 'ERR_DRAINING');
    });
  });

  describe('and the end of the host', () => {
    it('ends the loads that are under way and those that wait, and leaves nothing loaded', async () => {
      await open();
      const models = (await runtime.info()).models.length;
      const { name } = host.model();
      const loads = [{ name }, { name }, { file: torch('dynamic') }].map((model) => rejection(host.load(model)));
      await turns(10);
      await host.close();
      for (const error of await Promise.all(loads)) expect(error).to.have.property('code', 'ERR_DRAINING');
      expect(await rejection(host.load({ name }))).to.have.property('code', 'ERR_DRAINING');
      expect(await rejection(host.unload(name))).to.have.property('code', 'ERR_DRAINING');
      expect((await runtime.info()).models.length).to.equal(models - 1);
      expect(indexOf(name)).to.deep.equal(['1 UNAVAILABLE the host is closed']);
    });
  });

  it('is refused for options that it does not have', async () => {
    await open();
    for (const [model, options] of [
      [{ file, name: 'a b' }, {}],
      [{ file, version: '../1' }, {}],
      [{ name: 'm', version: '1' }, {}],
      [{ name: 'm', versions: ['1', '1'] }, {}],
      [null, {}],
      [{ file }, { sginal: undefined }],
      [{ file }, { signal: 5 }],
      [{ file }, { beforeSwap: 5 }],
    ] as const) {
      const refused = await rejection(host.load(model as never, options as never));
      expect(refused, JSON.stringify([model, options])).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    }
    for (const args of [[5], [''], ['m', 5], ['m', '1', { x: 1 }]]) {
      const refused = await rejection(host.unload(...(args as [string])));
      expect(refused, JSON.stringify(args)).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    }
  });
});
