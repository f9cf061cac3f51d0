import { expect } from 'chai';
import { ModelHost, ModelRegistry, runtime, type HostChange } from 'node-libtorch';
import { digitRows, digits, DigitRegistry } from '../support/digit-registry.js';
import { rejection } from '../support/rejection.js';

describe('serving by alias', function () {
  this.timeout(60_000);
  let files: DigitRegistry;
  let registry: ModelRegistry;
  let host: ModelHost;
  const changes: string[] = [];

  beforeEach(async () => {
    files = await DigitRegistry.make('v1.0', 'v1.1', 'v1.2');
    registry = await files.open();
    await registry.setAlias(digits, 'champion', 'v1.0');
  });
  afterEach(async () => {
    await host.close();
    files.remove();
  });

  const open = async (...versions: string[]): Promise<ModelHost> => {
    host = await ModelHost.open({ registry, models: [{ name: digits, versions, warmup: { batchSizes: [1] } }] });
    changes.length = 0;
    host.on('change', ({ change, version, alias, before = 'none' }: HostChange) => {
      changes.push(change === 'aliased' ? `${alias}: ${before} to ${version}` : `${version} ${change}`);
    });
    return host;
  };
  const served = () => host.list().map(({ version }) => version);
  const move = async (alias: string, version: string | undefined): Promise<void> => {
    await registry.setAlias(digits, alias, version);
    await host.refreshAliases(digits);
  };
  const refused = (reference: string): string => {
    try {
      host.model(digits, reference);
    } catch (error) {
      return `${(error as { code: string }).code} ${(error as Error).message}`;
    }
    throw new Error('it is served');
  };

  it('finds what an alias, a digest and a version name, and knows what it has loaded', async () => {
    await registry.setAlias(digits, 'stable', 'v1.0');
    await open('champion', 'v1.1');
    const { sha256 } = (await registry.record(digits, 'v1.1')).artifact;
    const version = (reference?: string) => host.model(digits, reference).version;
    expect(served()).to.deep.equal(['v1.0', 'v1.1']);
    expect([version(), version('champion'), version('stable'), version('v1.0')]).to.deep.equal(Array(4).fill('v1.0'));
    expect([version('v1.1'), version(`sha256:${sha256}`)]).to.deep.equal(['v1.1', 'v1.1']);
    expect(host.model(digits, `sha256:${sha256}`).model.info.sha256).to.equal(sha256);
    expect([...host.aliases(digits)]).to.have.deep.members([
      ['champion', 'v1.0'],
      ['stable', 'v1.0'],
    ]);
    expect(host.model(digits).aliases).to.have.members(['champion', 'stable']);
    expect(host.model(digits, 'v1.1').aliases).to.deep.equal([]);
    expect([...host.aliases('unknown')]).to.deep.equal([]);
    expect((await host.model(digits, 'champion').run(digitRows(2))).shape).to.deep.equal([2, 10]);
  });

  it('says of an alias whose version is not loaded which one it is', async () => {
    await registry.setAlias(digits, 'challenger', 'v1.2');
    await open('champion');
    expect(refused('challenger')).to.match(/^ERR_VERSION_NOT_FOUND .*challenger is v1\.2, which is not loaded$/);
    expect(refused('nobody')).to.match(/^ERR_VERSION_NOT_FOUND .*"nobody"$/);
    expect(refused(`sha256:${'0'.repeat(64)}`)).to.match(/^ERR_VERSION_NOT_FOUND /);
    await host.load({ name: digits, versions: ['v1.2'] });
    expect(host.model(digits, 'challenger').version).to.equal('v1.2');
    expect(host.model(digits).version, 'the first that was named').to.equal('v1.0');
  });

  it('loads one version once that several names mean, by the order in which they were given', async () => {
    await registry.setAlias(digits, 'stable', 'v1.1');
    const { sha256 } = (await registry.record(digits, 'v1.0')).artifact;
    const models = (await runtime.info()).models.length;
    await open('stable', 'champion', 'v1.0', `sha256:${sha256}`);
    expect(served()).to.deep.equal(['v1.1', 'v1.0']);
    expect((await runtime.info()).models.length, 'two loads').to.equal(models + 2);
    await move('stable', 'v1.0');
    expect(served()).to.deep.equal(['v1.0']);
    await move('champion', 'v1.2');
    expect(served()).to.deep.equal(['v1.0', 'v1.2']);
    await move('stable', 'v1.2');
    expect(served(), 'v1.0 is named by itself').to.deep.equal(['v1.2', 'v1.0']);
  });

  it('keeps what serves by an alias when something else is loaded, until what it means anew is up', async () => {
    await registry.setAlias(digits, 'stable', 'v1.0');
    await registry.setAlias(digits, 'spare', 'v1.0');
    await open('v1.0');
    await registry.setAlias(digits, 'stable', 'v1.1');
    await registry.setAlias(digits, 'spare', undefined);
    await registry.setAlias(digits, 'new', 'v1.2');
    await host.load({ name: digits, versions: ['v1.0'] });
    expect(host.model(digits, 'stable').version).to.equal('v1.0');
    expect(host.aliases(digits).get('new'), 'nobody was answered by it').to.equal('v1.2');
    expect(host.aliases(digits).has('spare')).to.equal(false);
    await host.load({ name: digits, versions: ['v1.2'] });
    expect(host.model(digits, 'stable').version).to.equal('v1.0');
    expect(host.model(digits, 'new').version).to.equal('v1.2');
    await host.load({ name: digits, versions: ['v1.1'] });
    expect(host.model(digits, 'stable').version).to.equal('v1.1');
    // What is said of aliases counts, whatever is up.
    await host.setAliases(digits, { stable: 'v1.1', new: 'v1.2' });
    await host.unload(digits, 'v1.2');
    await registry.setAlias(digits, 'new', 'v1.1');
    await host.load({ name: digits, versions: ['v1.0'] });
    expect(host.model(digits, 'new').version, 'what it meant is not up').to.equal('v1.1');
  });

  it('changes nothing when an alias moves in the registry, and swaps when the host takes it', async () => {
    await open('champion');
    const models = (await runtime.info()).models.length;
    await registry.setAlias(digits, 'champion', 'v1.1');
    expect(host.model(digits, 'champion').version).to.equal('v1.0');
    await host.refreshAliases();
    expect(host.model().version).to.equal('v1.1');
    expect(host.model(digits, 'champion').model.info.sha256).to.equal(
      (await registry.record(digits, 'v1.1')).artifact.sha256,
    );
    expect(changes).to.deep.equal(['v1.1 loaded', 'v1.0 unloaded', 'champion: v1.0 to v1.1', 'v1.0 drained']);
    expect(host.index().map(({ version, state }) => `${version} ${state}`)).to.deep.equal([
      'v1.1 READY',
      'v1.0 UNAVAILABLE',
      'v1.2 UNAVAILABLE',
    ]);
    expect((await runtime.info()).models.length, 'nothing is left behind').to.equal(models);
    changes.length = 0;
    await host.refreshAliases(digits);
    expect(changes, 'nothing has moved').to.deep.equal([]);
  });

  it('hands calls of the alias and of the default on, and refuses those of the version', async () => {
    await open('champion');
    const [byAlias, byDefault, byVersion] = [host.model(digits, 'champion'), host.model(), host.model(digits, 'v1.0')];
    await move('champion', 'v1.1');
    const rows = digitRows();
    const before = host.model().statistics().inference_stats.success.count;
    for (const each of [byAlias, byDefault]) expect((await each.run(rows)).shape).to.deep.equal([1, 10]);
    expect(host.model().statistics().inference_stats.success.count, 'by the new one').to.equal(before + 2);
    const error = await rejection(byVersion.run(rows));
    expect(error).to.include({ code: 'ERR_VERSION_NOT_FOUND', status: 404 });
    expect(error.message).to.match(/v1\.0 was unloaded/);
    await host.unload(digits);
    expect(await rejection(byAlias.run(rows))).to.have.property('code', 'ERR_DISPOSED');
  });

  it('loses no call: 32 callers, 20 moves, by alias, by default and by what they kept', async () => {
    await open('champion');
    let isOver = false;
    const failures: unknown[] = [];
    const counts = new Map<string, number>();
    const kept = host.model(digits, 'champion');
    const callFor = async (caller: number): Promise<void> => {
      while (!isOver) {
        try {
          const model = caller % 3 === 0 ? kept : host.model(digits, caller % 3 === 1 ? 'champion' : undefined);
          if (caller % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
          await model.run(digitRows(1 + (caller % 4)));
          const { version } = host.model(digits);
          counts.set(version, (counts.get(version) ?? 0) + 1);
        } catch (error) {
          failures.push(error);
          return;
        }
      }
    };
    const running = Array.from({ length: 32 }, (_, caller) => callFor(caller));
    for (let count = 1; count <= 20 && failures.length === 0; count++) {
      const version = `v1.${count % 3}`;
      await move('champion', version);
      const seen = counts.get(version) ?? 0;
      while (counts.get(version) === seen && failures.length === 0)
        await new Promise((resolve) => setImmediate(resolve));
    }
    isOver = true;
    await Promise.all(running);
    expect(failures).to.deep.equal([]);
    expect(host.inFlight).to.equal(0);
    expect(served()).to.deep.equal(['v1.2']);
  });

  it('goes on with the old version when the new one is bad, and says why', async () => {
    await open('champion');
    files.put('v1.1', Buffer.from('no model'));
    await registry.setAlias(digits, 'champion', 'v1.1');
    const error = await rejection(host.refreshAliases(digits));
    expect(error.code).to.match(/^ERR_MODEL_(FORMAT|LOAD)$/);
    expect([host.model().version, host.model(digits, 'champion').version]).to.deep.equal(['v1.0', 'v1.0']);
    expect(host.aliases(digits).get('champion')).to.equal('v1.0');
    const bad = host.index().find(({ version }) => version === 'v1.1');
    expect(bad).to.deep.include({ state: 'UNAVAILABLE' });
    expect(bad?.reason).to.include(error.code);
    expect(host.failed().map(({ version, code }) => [version, code])).to.deep.equal([['v1.1', error.code]]);
    expect(changes).to.deep.equal(['v1.1 failed']);
    await move('champion', 'v1.2');
    expect(host.model().version).to.equal('v1.2');
    expect(host.failed(), 'it is not meant any more').to.deep.equal([]);
    await files.add('v1.1');
    await move('champion', 'v1.1');
    expect(host.model().version).to.equal('v1.1');
  });

  it('goes on when the record of the new version is damaged, and loads it once it is mended', async () => {
    await open('champion');
    files.record('v1.1', { schemaVersion: 7 as never });
    await registry.setAlias(digits, 'champion', 'v1.1');
    expect(await rejection(host.refreshAliases())).to.have.property('code', 'ERR_MANIFEST');
    expect(host.index()[0]).to.deep.equal({ name: digits, version: 'v1.0', state: 'READY', reason: '' });
    expect(host.failed().map(({ version }) => version)).to.deep.equal(['v1.1']);
    files.record('v1.1');
    await host.refreshAliases();
    expect(served()).to.deep.equal(['v1.1']);
  });

  it('takes several aliases in one step, or none of them', async () => {
    await registry.setAlias(digits, 'challenger', 'v1.0');
    await open('champion', 'challenger');
    files.put('v1.2', Buffer.from('no model'));
    await rejection(host.setAliases(digits, { champion: 'v1.1', challenger: 'v1.2' }));
    expect(served()).to.deep.equal(['v1.0']);
    await host.setAliases(digits, { champion: 'v1.1', challenger: 'v1.0' });
    expect(served()).to.deep.equal(['v1.1', 'v1.0']);
    await host.setAliases(digits, new Map([['champion', 'v1.0']]));
    expect(served()).to.deep.equal(['v1.0']);
  });

  it('swaps when it may, and not when that is refused', async () => {
    await open('champion');
    const refusal = new Error('another process could not');
    const beforeSwap = (): Promise<void> => {
      expect(host.model(digits, 'champion').version, 'not yet').to.equal('v1.0');
      return Promise.reject(refusal);
    };
    expect(await rejection(host.setAliases(digits, { champion: 'v1.1' }, { beforeSwap }))).to.equal(refusal);
    expect(host.model().version).to.equal('v1.0');
    expect(host.aliases(digits).get('champion')).to.equal('v1.0');
    let calls = 0;
    const count = (): void => {
      calls++;
    };
    await host.setAliases(digits, { champion: 'v1.1' }, { beforeSwap: count });
    expect([host.model().version, calls]).to.deep.equal(['v1.1', 1]);
  });

  it('serves on what an alias named that was removed, and follows it when it comes back', async () => {
    await open('champion');
    await move('champion', undefined);
    expect(served()).to.deep.equal(['v1.0']);
    expect(refused('champion')).to.match(/^ERR_VERSION_NOT_FOUND/);
    expect(host.model().version).to.equal('v1.0');
    await move('champion', 'v1.1');
    expect(served()).to.deep.equal(['v1.1']);
  });

  it('keeps what an alias means while other versions of the name are loaded, and reloads what it means by the name', async () => {
    await open('champion');
    await registry.setAlias(digits, 'champion', 'v1.1');
    await host.load({ name: digits, versions: ['v1.2'] });
    expect(host.model(digits, 'champion').version).to.equal('v1.0');
    await host.load({ name: digits });
    expect(host.model(digits, 'champion').version).to.equal('v1.1');
    expect(served()).to.deep.equal(['v1.1', 'v1.2']);
  });

  it('begins with the aliases that it is told, whatever the registry says', async () => {
    await registry.setAlias(digits, 'champion', 'v1.2');
    host = await ModelHost.open({
      registry,
      models: [{ name: digits, versions: ['champion'], aliases: { champion: 'v1.1' }, warmup: false }],
    });
    expect(host.model(digits, 'champion').version).to.equal('v1.1');
    await host.refreshAliases();
    expect(host.model(digits, 'champion').version).to.equal('v1.2');
  });

  it('unloads by alias, and loads what it means again', async () => {
    await open('champion', 'v1.1');
    await host.unload(digits, 'champion');
    expect(served()).to.deep.equal(['v1.1']);
    expect(refused('champion')).to.match(/champion is v1\.0, which was unloaded/);
    await host.load({ name: digits, versions: ['champion'] });
    expect(served(), 'in its place').to.deep.equal(['v1.0', 'v1.1']);
  });

  it('leaves unloaded what a caller has unloaded, whatever its aliases and others come to mean', async () => {
    await open('champion', 'v1.1');
    await host.unload(digits, 'champion');
    await host.setAliases(digits, { champion: 'v1.0', beta: 'v1.1' });
    expect(served()).to.deep.equal(['v1.1']);
    expect(host.model(digits, 'beta').version).to.equal('v1.1');
    await host.setAliases(digits, { champion: 'v1.2', beta: 'v1.1' });
    expect(served()).to.deep.equal(['v1.1']);
    expect(refused('champion')).to.match(/champion is v1\.2, which is not loaded/);
    await host.setAliases(digits, { champion: 'v1.1', beta: 'v1.1' });
    expect(host.model(digits, 'champion').version).to.equal('v1.1');
    await registry.setAlias(digits, 'champion', 'v1.2');
    await host.load({ name: digits, versions: ['champion'] });
    expect(served()).to.have.members(['v1.1', 'v1.2']);
    expect(host.model(digits, 'champion').version).to.equal('v1.2');
  });

  it('moves an alias while what another one means cannot be loaded', async () => {
    await registry.setAlias(digits, 'stable', 'v1.1');
    files.put('v1.0', Buffer.from('no model'));
    host = await ModelHost.open({
      registry,
      onModelError: 'continue',
      models: [{ name: digits, versions: ['stable', 'champion'], warmup: false }],
    });
    expect(served()).to.deep.equal(['v1.1']);
    await host.setAliases(digits, { champion: 'v1.0', stable: 'v1.2' });
    expect(served()).to.deep.equal(['v1.2']);
    expect(host.failed()).to.have.length(1);
  });

  it('refuses what is no alias, and names that nobody knows', async () => {
    await open('champion');
    for (const bad of [{ 'v1.0': 'v1.1' }, { latest: 'v1.0' }, { champion: 7 }, null, 'champion']) {
      expect(await rejection(host.setAliases(digits, bad as never))).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    }
    expect(await rejection(host.setAliases('unknown', {}))).to.have.property('code', 'ERR_MODEL_NOT_FOUND');
    expect(await rejection(host.setAliases(digits, { champion: 'v9.9' }))).to.have.property(
      'code',
      'ERR_VERSION_NOT_FOUND',
    );
    expect(host.model().version).to.equal('v1.0');
    expect(await rejection(host.setAliases(digits, {}, { besides: 1 } as never))).to.have.property(
      'code',
      'ERR_INVALID_ARGUMENT',
    );
  });

  it('has a file beside the registry’s versions, whose version may be called as an alias is', async () => {
    await open('champion', 'v1.1');
    const file = files.artifact('v1.2');
    const [loaded] = await host.load({ file, name: digits, version: 'champion', warmup: false });
    expect(host.model(digits, 'champion'), 'a version counts before an alias').to.equal(loaded);
    await move('champion', 'v1.1');
    expect(host.model(digits).version).to.equal('v1.1');
    expect(host.model(digits, 'champion')).to.equal(loaded);
  });

  it('ends a move by its signal, and nothing has changed', async () => {
    await open('champion');
    const abort = new AbortController();
    const beforeSwap = () => abort.abort(new Error('enough'));
    const moved = host.setAliases(digits, { champion: 'v1.1' }, { signal: abort.signal, beforeSwap });
    expect(await rejection(moved)).to.have.property('message', 'enough');
    expect(served()).to.deep.equal(['v1.0']);
    expect(host.failed()).to.deep.equal([]);
  });
});
