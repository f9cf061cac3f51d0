import { expect } from 'chai';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelHost, ModelRegistry, type HostChange } from 'node-libtorch';
import { torchError } from '#dist/errors.js';
import { Quarantine } from '#dist/serving/quarantine.js';
import { digits, DigitRegistry } from '../support/digit-registry.js';
import { fixture } from '../support/paths.js';
import { rejection } from '../support/rejection.js';

describe('quarantine', function () {
  this.timeout(60_000);
  let files: DigitRegistry;
  let registry: ModelRegistry;
  let host: ModelHost;
  const bad = Buffer.from('no model');
  const file = () => join(files.registryDir, digits, 'quarantine.json');

  beforeEach(async () => {
    files = await DigitRegistry.make('v1.0', 'v1.1');
    registry = await files.open();
  });
  afterEach(async () => {
    await host.close();
    files.remove();
  });

  const open = async (options: object = {}): Promise<ModelHost> =>
    (host = await ModelHost.open({
      registry,
      models: [{ name: digits, versions: ['v1.0'], warmup: false }],
      ...options,
    }));
  const load = async (version = 'v1.1'): Promise<string> => {
    const error = await rejection(host.load({ name: digits, versions: [version] }));
    return error.code;
  };
  const times = async (count: number): Promise<string[]> => {
    const codes: string[] = [];
    for (let i = 0; i < count; i++) codes.push(await load());
    return codes;
  };

  it('refuses a version after three loads in a row that failed, says why and since when, and serves on', async () => {
    files.put('v1.1', bad);
    await open();
    const before = new Date().toISOString();
    const codes = await times(4);
    expect(new Set(codes.slice(0, 3))).to.have.property('size', 1);
    expect(codes[0]).to.match(/^ERR_MODEL_/);
    expect(codes[3]).to.equal('ERR_QUARANTINED');
    const error = await rejection(host.load({ name: digits, versions: ['v1.1'] }));
    expect(error).to.include({ status: 409 });
    expect(error.message).to.match(
      /mnist-mlp v1\.1 .* in quarantine since 20.*Z, after 3 failed loads \(ERR_MODEL_\w+\); .*registry clear mnist-mlp@v1\.1 .*said: \w/,
    );
    expect(error.message).not.to.include(files.folder);
    const [entry, ...others] = host.quarantine();
    expect(others).to.deep.equal([]);
    expect(entry).to.include({ model: digits, version: 'v1.1', failures: 3, refused: true, code: codes[0] });
    expect(entry!.since >= before).to.equal(true);
    expect(host.index().find(({ version }) => version === 'v1.1')?.reason).to.equal(
      error.message.split(' The last of them said: ')[0],
    );
    expect(host.model().version).to.equal('v1.0');
    expect(await registry.quarantined(digits)).to.have.length(1);
  });

  it('keeps the sentence that helps: the first line of the error, without folders, its code not a second time', async () => {
    files.put('v1.1', bad);
    await open();
    const message = `Expected the sha256 of ${files.artifact('v1.1')} to be 12\nat /srv/engine.cc:12`;
    const record = await registry.record(digits, 'v1.1');
    const source = { name: digits, version: 'v1.1', file: undefined, options: {} };
    for (const folder of ['', ' of a man']) {
      const path = files.artifact('v1.1').replace('models', `models${folder}`);
      const found = { name: digits, version: 'v1.1', record, path, source };
      const quarantine = new Quarantine(1, () => Promise.resolve(undefined));
      await quarantine.failed(found, torchError('ERR_INTEGRITY', message.replace(files.artifact('v1.1'), path)));
      const reason = `Expected the sha256 of ${files.artifact('v1.1').split('/').at(-1)} to be 12`;
      expect(quarantine.list()[0]).to.include({ code: 'ERR_INTEGRITY', reason });
      const { message: said } = await rejection(quarantine.require(found));
      expect(said).to.match(new RegExp(`said: ${reason}$`));
      expect(said.match(/ERR_INTEGRITY/g)).to.have.length(1);
    }
    // What a load really says is in the registry's own list, and nobody else's.
    const { message: real } = await rejection(host.load({ name: digits, versions: ['v1.1'] }));
    await times(2);
    const [entry] = await registry.quarantined(digits);
    expect(entry!.reason)
      .to.include(real.split('\n', 1)[0]!.split(/ (?=\/)/, 1)[0]!)
      .and.not.include(files.folder);
    expect(host.index().find(({ version }) => version === 'v1.1')?.reason).not.to.include(entry!.reason);
  });

  it('reads nothing of an artifact that it refuses', async () => {
    files.put('v1.1', bad);
    await open();
    await times(3);
    await files.add('v1.1'); // good bytes, under the record of the bad ones
    const record = files.record('v1.1');
    files.put('v1.1', bad);
    expect(await load()).to.equal('ERR_QUARANTINED');
    expect(record).not.to.equal((await registry.record(digits, 'v1.1')).artifact.sha256);
  });

  it('knows it in another host, and after a restart', async () => {
    files.put('v1.1', bad);
    await open();
    await times(2);
    await using other = await ModelHost.open({
      registry: await files.open(),
      models: [{ name: digits, versions: ['v1.0'] }],
    });
    const attempt = () => rejection(other.load({ name: digits, versions: ['v1.1'] }));
    expect((await attempt()).code, 'the third').to.match(/^ERR_MODEL_/);
    expect((await attempt()).code).to.equal('ERR_QUARANTINED');
    expect(await load()).to.equal('ERR_QUARANTINED');
  });

  it('counts a load that several processes try at one time once', async () => {
    files.put('v1.1', bad);
    await open();
    await using other = await ModelHost.open({
      registry: await files.open(),
      models: [{ name: digits, versions: ['v1.0'] }],
    });
    await Promise.all([host, other].map((each) => rejection(each.load({ name: digits, versions: ['v1.1'] }))));
    const [entry] = await registry.loadFailures(digits);
    expect(entry).to.include({ failures: 1, refused: false });
    expect(await registry.quarantined(digits)).to.deep.equal([]);
    expect(host.quarantine()).to.deep.equal([]);
  });

  it('is over when an operator clears it, in the registry or in the host', async () => {
    files.put('v1.1', bad);
    await open();
    expect((await times(4)).at(-1)).to.equal('ERR_QUARANTINED');
    expect((await registry.clearQuarantine(digits, 'v1.1')).map(({ version }) => version)).to.deep.equal(['v1.1']);
    expect(
      (await times(4)).slice(0, 3).every((code) => code !== 'ERR_QUARANTINED'),
      'three tries again',
    ).to.equal(true);
    expect(await load()).to.equal('ERR_QUARANTINED');
    expect(await host.clearQuarantine(digits, 'v1.1')).to.equal(true);
    expect(host.quarantine()).to.deep.equal([]);
    expect(await registry.quarantined(digits)).to.deep.equal([]);
    expect(await load()).not.to.equal('ERR_QUARANTINED');
    expect(await host.clearQuarantine(digits, 'v1.0')).to.equal(false);
    expect(await registry.clearQuarantine(digits)).to.deep.equal([]);
  });

  it('is not for another artifact of the version, and begins anew after a load that went well', async () => {
    files.put('v1.1', bad);
    await open();
    await times(3);
    await files.add('v1.1');
    await host.load({ name: digits, versions: ['v1.1'] });
    expect(host.model(digits, 'v1.1').version).to.equal('v1.1');
    expect(host.index().every(({ reason }) => reason === '')).to.equal(true);
    files.put('v1.1', bad);
    expect(await load()).to.equal('ERR_QUARANTINED');
  });

  it('forgets failures that are not in a row', async () => {
    const good = readFileSync(files.artifact('v1.1'));
    const damaged = Buffer.from(good);
    damaged[100]! ^= 1; // not what the record says
    await open();
    const [keep, harm] = [good, damaged].map((bytes) => () => writeFileSync(files.artifact('v1.1'), bytes));
    harm!();
    expect(await times(2)).to.deep.equal(['ERR_INTEGRITY', 'ERR_INTEGRITY']);
    keep!();
    await host.load({ name: digits, versions: ['v1.1'] });
    expect(await registry.loadFailures(digits)).to.deep.equal([]);
    harm!();
    expect(await times(3)).to.deep.equal(Array(3).fill('ERR_INTEGRITY'));
    expect(await load()).to.equal('ERR_QUARANTINED');
    expect(host.model(digits, 'v1.1').version, 'what serves goes on').to.equal('v1.1');
  });

  it('does not count what is no fault of the artifact', async () => {
    await open();
    const abort = (): AbortSignal => AbortSignal.abort(new Error('enough'));
    const faults: Record<string, () => Promise<unknown>> = {
      'an abort': () => host.load({ name: digits, versions: ['v1.1'] }, { signal: abort() }),
      'a refused swap': () =>
        host.load({ name: digits, versions: ['v1.1'] }, { beforeSwap: () => Promise.reject(new Error('no')) }),
      'an option': () => host.load({ name: digits, versions: ['v1.1'], load: { instances: 0 } }),
      'a contradiction': () => host.load({ name: digits, versions: ['v1.1'], load: { sha256: '0'.repeat(64) } }),
      'an unknown version': () => host.load({ name: digits, versions: ['v9.9'] }),
    };
    for (const [what, fault] of Object.entries(faults)) {
      for (let i = 0; i < 4; i++) expect((await rejection(fault())).code, what).not.to.equal('ERR_QUARANTINED');
    }
    renameSync(files.artifact('v1.1'), `${files.artifact('v1.1')}.away`);
    expect(await times(4)).to.deep.equal(Array(4).fill('ERR_INTEGRITY'));
    renameSync(`${files.artifact('v1.1')}.away`, files.artifact('v1.1'));
    expect(await registry.loadFailures(digits)).to.deep.equal([]);
    await host.load({ name: digits, versions: ['v1.1'] });
  });

  it('is told: change, failed and index', async () => {
    files.put('v1.1', bad);
    await open();
    const codes: unknown[] = [];
    host.on('change', ({ change, error }: HostChange) => codes.push(`${change} ${(error as { code: string }).code}`));
    await times(4);
    expect(codes.at(-1)).to.equal('failed ERR_QUARANTINED');
    expect(host.failed().map(({ version, code }) => [version, code])).to.deep.equal([['v1.1', 'ERR_QUARANTINED']]);
  });

  it('is in memory where the registry cannot be written', async () => {
    files.put('v1.1', bad);
    writeFileSync(join(files.registryDir, '.staging'), 'planted');
    await open();
    expect((await times(4)).at(-1)).to.equal('ERR_QUARANTINED');
    expect(host.quarantine()).to.have.length(1);
    expect(await registry.quarantined(digits)).to.deep.equal([]);
    expect(await host.clearQuarantine(digits)).to.equal(true);
    expect(await load()).not.to.equal('ERR_QUARANTINED');
  });

  it('comes after as many failures as the host is told, or never', async () => {
    files.put('v1.1', bad);
    await open({ quarantineAfter: 1 });
    expect((await times(2)).at(-1)).to.equal('ERR_QUARANTINED');
    await registry.clearQuarantine(digits);
    await host.close();
    await open({ quarantineAfter: false });
    expect((await times(5)).includes('ERR_QUARANTINED')).to.equal(false);
    for (const quarantineAfter of [0, -1, 1.5, '3', true]) {
      expect(
        await rejection(ModelHost.open({ registry, models: [{ name: digits }], quarantineAfter } as never)),
      ).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    }
  });

  it('refuses nothing because of a file that is damaged, and writes a whole one again', async () => {
    files.put('v1.1', bad);
    await open();
    for (const text of ['', '{', '[]', '{"schemaVersion":1,"versions":[{"version":"v1.1"}]}', '\0'.repeat(100)]) {
      writeFileSync(file(), text);
      expect(await load(), JSON.stringify(text)).to.match(/^ERR_MODEL_/);
      await host.clearQuarantine(digits);
      expect(await registry.loadFailures(digits)).to.deep.equal([]);
    }
    await times(3);
    const { schemaVersion, versions } = JSON.parse(readFileSync(file(), 'utf8')) as Record<string, unknown>;
    expect(schemaVersion).to.equal(1);
    expect(versions).to.have.length(1);
  });

  describe('of several processes that load one version together', () => {
    const foundIn = async (of: ModelRegistry) => {
      const record = await of.record(digits, 'v1.1');
      const source = { name: digits, version: 'v1.1', file: undefined, options: {} };
      return { name: digits, version: 'v1.1', record, path: files.artifact('v1.1'), source };
    };
    const error = torchError('ERR_MODEL_FORMAT', 'no model');

    it('counts one attempt once, in whatever order they fail, and refuses none of them meanwhile', async () => {
      await open();
      const found = await foundIn(registry);
      const processes = [1, 2, 3].map(() => new Quarantine(2, () => Promise.resolve(registry)));
      const failures = async () => (await registry.loadFailures(digits)).map((entry) => entry.failures);
      for (const [attempt, count] of [
        ['one', 1],
        ['two', 2],
      ] as const) {
        // One after the other: each sees what the one before it has noted.
        for (const each of processes) {
          await each.require(found, attempt);
          await each.failed(found, error, attempt);
        }
        expect(await failures(), attempt).to.deep.equal([count]);
      }
      // A process that comes later and makes the same attempt.
      const late = new Quarantine(2, () => Promise.resolve(registry));
      await late.require(found, 'two');
      await late.failed(found, error, 'two');
      expect(await failures()).to.deep.equal([2]);
      for (const each of processes) {
        expect(await rejection(each.require(found, 'three'))).to.have.property('code', 'ERR_QUARANTINED');
        expect(await rejection(each.require(found))).to.have.property('code', 'ERR_QUARANTINED');
      }
    });

    it('counts each load of a process that names no attempt', async () => {
      await open();
      const found = await foundIn(registry);
      const own = new Quarantine(3, () => Promise.resolve(registry));
      for (const count of [1, 2]) {
        await own.require(found);
        await own.failed(found, error);
        expect((await registry.loadFailures(digits)).map(({ failures }) => failures)).to.deep.equal([count]);
      }
    });

    it('waits no longer for another writer after a load that went well than after one that failed', async () => {
      await open();
      const found = await foundIn(registry);
      const waits: unknown[] = [];
      const own = new Quarantine(3, () =>
        Promise.resolve({
          loadFailures: (name) => registry.loadFailures(name),
          noteLoadFailure: (_name, _entry, limits) => Promise.resolve(void waits.push(limits)),
          clearQuarantine: (_name, _version, limits) => {
            waits.push(limits);
            return Promise.resolve([]);
          },
        }),
      );
      await own.failed(found, error);
      await own.succeeded(found);
      expect(waits).to.deep.equal([{ lockTimeoutMs: 2000 }, { lockTimeoutMs: 2000 }]);
    });
  });

  it('goes with its version', async () => {
    files.put('v1.1', bad);
    await open();
    await times(3);
    await registry.remove(digits, 'v1.1');
    expect(await registry.loadFailures(digits)).to.deep.equal([]);
    expect(existsSync(file())).to.equal(false);
  });

  it('does not count what the system says, however deep it lies', async () => {
    await open();
    const record = await registry.record(digits, 'v1.1');
    const path = files.artifact('v1.1');
    const source = { name: digits, version: 'v1.1', file: undefined, options: {} };
    const found = { name: digits, version: 'v1.1', record, path, source };
    const system = (code: string) => Object.assign(new Error(code), { code });
    const others: Record<string, unknown> = {
      'no descriptors': torchError('ERR_MODEL_LOAD', 'Expected a file', { cause: system('EMFILE') }),
      'no right': torchError('ERR_INTEGRITY', 'v1.1', {
        cause: torchError('ERR_INTEGRITY', 'a', { cause: system('EACCES') }),
      }),
      'no file': torchError('ERR_MODEL_LOAD', `No such file: ${path}`),
      'no memory': torchError('ERR_OUT_OF_MEMORY', 'Expected memory'),
      'no device': torchError('ERR_DEVICE_UNAVAILABLE', 'Expected a device'),
      'no error of ours': system('EIO'),
      'nothing at all': undefined,
    };
    for (const [what, error] of Object.entries(others)) {
      const quarantine = new Quarantine(1, () => Promise.resolve(undefined));
      await quarantine.failed(found, error);
      expect(quarantine.list(), what).to.deep.equal([]);
      await quarantine.require(found);
    }
    const quarantine = new Quarantine(1, () => Promise.resolve(undefined));
    await quarantine.failed(
      found,
      torchError('ERR_MODEL_LOAD', 'Expected a model', { cause: new Error('PytorchStreamReader') }),
    );
    expect(await rejection(quarantine.require(found))).to.have.property('code', 'ERR_QUARANTINED');
  });

  it('is not for files without a record', async () => {
    await open();
    for (let i = 0; i < 4; i++) {
      const error = await rejection(host.load({ file: fixture('torchscript/truncated.pt') }));
      expect(error.code).not.to.equal('ERR_QUARANTINED');
    }
  });
});
