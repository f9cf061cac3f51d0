import { copyFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { torchError } from '#dist/errors.js';
import { digestFile } from '#dist/files/hash.js';
import type { Aliases, Catalog, CatalogEntry } from '#dist/server/management/catalog.js';
import type { Fleet } from '#dist/server/management/fleet.js';
import type { ManagedModel } from '#dist/server/management/management.js';
import { Manager } from '#dist/server/management/manager.js';
import type { CanaryReport, CanarySettings } from '#dist/serving/index.js';
import { rejection } from '../../support/rejection.js';
import { keptLogger } from '../../support/server/logs.js';

/** What is asked of a fleet, in words; nothing is loaded here. */
class KeptFleet implements Fleet<string> {
  readonly asked: string[] = [];
  readonly up = new Map<string, string>();
  refuses = new Set<string>();
  digest: (spec: string) => Promise<string> = (spec) => Promise.resolve(spec);

  list(): Promise<readonly ManagedModel[]> {
    return Promise.resolve(
      [...this.up].map(([key, digest]) => {
        const [name = '', version = ''] = key.split(' ');
        return { name, version, state: 'READY', reason: '', digest };
      }),
    );
  }

  async load(spec: string): Promise<void> {
    this.asked.push(`load ${spec}`);
    if (this.refuses.has(spec)) throw torchError('ERR_MODEL_FORMAT', spec);
    this.up.set(`${spec} 1`, await this.digest(spec));
  }

  readonly meant = new Map<string, Aliases>();

  aliases(name: string): Promise<Aliases> {
    return Promise.resolve(this.meant.get(name) ?? new Map());
  }

  setAliases(name: string, aliases: Aliases, signal: AbortSignal, beforeSwap?: () => Promise<void>): Promise<void> {
    this.asked.push(`aliases ${name} ${[...aliases].join(' ')}`);
    return Promise.resolve(beforeSwap?.()).then(() => {
      signal.throwIfAborted();
      this.meant.set(name, aliases);
    });
  }

  clear(name: string, version: string | undefined): Promise<void> {
    this.asked.push(`clear ${name} ${version}`);
    return Promise.resolve();
  }

  readonly split = new Map<string, CanarySettings>();
  promotes: string | undefined;

  canary(model: string): Promise<CanaryReport | undefined> {
    const settings = this.split.get(model);
    const side = { answers: 0, errors: 0, errorRate: null, p95Ms: null };
    const numbers = { canary: side, stable: side, compared: 0, disagreed: 0 };
    const facts = { model, stable: '1', state: 'running' as const, since: '', numbers };
    const { promotes } = this;
    return Promise.resolve(settings && { ...settings, ...facts, ...(promotes !== undefined && { promotes }) });
  }

  holdCanary(): () => void {
    return () => undefined;
  }

  setCanary(name: string, settings: CanarySettings | undefined): Promise<void> {
    this.asked.push(`canary ${name} ${settings?.version ?? 'none'}`);
    if (settings && this.refuses.has(settings.version)) return Promise.reject(torchError('ERR_CANARY', name));
    if (settings) this.split.set(name, settings);
    else this.split.delete(name);
    return Promise.resolve();
  }

  promote(name: string, version: string): Promise<void> {
    this.asked.push(`promote ${name} ${version}`);
    return Promise.resolve();
  }

  refusesUnload = false;
  drained: Promise<void> = Promise.resolve();

  unload(name: string, version: string) {
    this.asked.push(`unload ${name} ${version}`);
    if (this.refusesUnload) return Promise.reject(torchError('ERR_QUEUE_FULL', name));
    this.up.delete(`${name} ${version}`);
    return Promise.resolve({ drained: this.drained });
  }
}

class KeptCatalog implements Catalog<string> {
  aliases: Catalog<string>['aliases'];
  entries: CatalogEntry<string>[] = [];
  reads = 0;

  given(): Promise<readonly CatalogEntry<string>[]> {
    this.reads++;
    return Promise.resolve([...this.entries]);
  }

  find(name: string): Promise<readonly CatalogEntry<string>[]> {
    return Promise.resolve(this.entries.filter((entry) => entry.name === name));
  }
}

const entry = (name: string, more: Partial<CatalogEntry<string>> = {}): CatalogEntry<string> => ({
  name,
  versions: ['1'],
  spec: name,
  options: '',
  ...more,
});

describe('management', () => {
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-manager-'));
  after(() => rmSync(folder, { recursive: true }));

  const make = async (...entries: CatalogEntry<string>[]) => {
    const fleet = new KeptFleet();
    const catalog = new KeptCatalog();
    catalog.entries = entries;
    const { logger, lines } = keptLogger();
    const manager = new Manager({ fleet, catalog, logger });
    for (const { name } of entries) await manager.load(name);
    fleet.asked.length = 0;
    return { fleet, catalog, manager, lines };
  };

  it('loads what is new or has other options, unloads what is gone, and leaves the rest', async () => {
    const { fleet, catalog, manager } = await make(entry('a'), entry('b'), entry('c'));
    expect(await manager.refresh()).to.deep.equal({ loaded: [], unloaded: [], failed: [] });
    catalog.entries = [entry('a'), entry('b', { options: 'other' }), entry('d')];
    expect(await manager.refresh()).to.deep.equal({ loaded: ['b 1', 'd 1'], unloaded: ['c 1'], failed: [] });
    expect(fleet.asked).to.deep.equal(['load b', 'load d', 'unload c 1']);
    expect((await manager.refresh()).loaded).to.deep.equal([]);
  });

  it('compares the digests of records', async () => {
    const { manager, catalog } = await make(entry('a', { digests: new Map([['1', 'a']]) }));
    expect((await manager.refresh()).loaded).to.deep.equal([]);
    catalog.entries = [entry('a', { digests: new Map([['1', 'another']]) })];
    expect((await manager.refresh()).loaded).to.deep.equal(['a 1']);
  });

  it('finds other bytes of a file, and no change where only its time is another', async () => {
    const file = join(folder, 'model.pt');
    writeFileSync(file, 'one');
    const { fleet, manager } = await make(entry('a', { file }));
    fleet.digest = async () => (await digestFile(file)).sha256;
    await manager.load('a');
    expect((await manager.refresh()).loaded).to.deep.equal([]);
    utimesSync(file, new Date(), new Date(1));
    expect((await manager.refresh()).loaded).to.deep.equal([]);
    // As long as before.
    writeFileSync(file, 'two');
    expect((await manager.refresh()).loaded).to.deep.equal(['a 1']);
    writeFileSync(`${file}.2`, 'two');
    copyFileSync(`${file}.2`, file);
    expect((await manager.refresh()).loaded).to.deep.equal([]);
    // What was refused is tried again each time.
    writeFileSync(file, 'bad');
    fleet.refuses.add('a');
    for (let count = 0; count < 2; count++) {
      const { loaded, failed } = await manager.refresh();
      expect([loaded, failed.map(({ model }) => model)]).to.deep.equal([[], ['a 1']]);
    }
    rmSync(file);
    fleet.asked.length = 0;
    expect((await manager.refresh()).failed.map(({ model }) => model)).to.deep.equal(['a 1']);
    // The load says that it is not there, and what has said so is logged.
    expect(fleet.asked).to.deep.equal(['load a']);
    expect(fleet.up.has('a 1')).to.equal(true);
  });

  it('leaves what a request has unloaded, and what one has loaded', async () => {
    const { fleet, catalog, manager } = await make(entry('a'), entry('b'));
    await manager.unload('a');
    catalog.entries.push(entry('extra'));
    await manager.load('extra');
    catalog.entries = [entry('a'), entry('b')];
    fleet.asked.length = 0;
    expect(await manager.refresh()).to.deep.equal({ loaded: [], unloaded: [], failed: [] });
    expect([...fleet.up.keys()]).to.deep.equal(['b 1', 'extra 1']);
    await manager.load('a');
    expect([...fleet.up.keys()]).to.include('a 1');
  });

  it('keeps what serves where what should take its place cannot be loaded', async () => {
    const { fleet, catalog, manager, lines } = await make(entry('a'));
    fleet.refuses.add('a');
    catalog.entries = [entry('a', { versions: ['2'] })];
    const { loaded, unloaded, failed } = await manager.refresh();
    expect([loaded, unloaded, failed.map(({ model }) => model)]).to.deep.equal([[], [], ['a 2']]);
    expect([...fleet.up.keys()]).to.deep.equal(['a 1']);
    expect(
      lines().some(({ level, msg }) => level === 'error' && String(msg).includes('what was there goes on')),
    ).to.equal(true);
  });

  it('tries again what could not be changed, at the next refresh', async () => {
    const { fleet, catalog, manager } = await make(entry('a'), entry('b'), entry('c'));
    fleet.refuses.add('a');
    catalog.entries = [entry('a', { options: 'other' }), entry('b', { versions: ['2'] })];
    fleet.refuses.add('b');
    fleet.refusesUnload = true;
    expect((await manager.refresh()).failed.map(({ model }) => model)).to.deep.equal(['a 1', 'b 2', 'c 1']);
    fleet.refuses.clear();
    fleet.refusesUnload = false;
    fleet.asked.length = 0;
    const { loaded, unloaded } = await manager.refresh();
    expect([loaded, unloaded]).to.deep.equal([
      ['a 1', 'b 2'],
      ['b 1', 'c 1'],
    ]);
  });

  it('says of an unload that comes too late to be given up that it has happened', async () => {
    const { fleet, manager } = await make(entry('a'));
    fleet.drained = new Promise(() => undefined);
    const late = new AbortController();
    const unloading = manager.unload('a', { signal: late.signal }).catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    late.abort(torchError('ERR_TIMEOUT', 'nothing was changed'));
    expect(await unloading)
      .to.include({ code: 'ERR_TIMEOUT' })
      .and.have.property('message')
      .that.matches(/^Expected the calls of a to end in time: it is out of service/);
    expect(fleet.up.has('a 1')).to.equal(false);
  });

  it('remembers one refresh while another runs, however many are asked for', async () => {
    const { catalog, manager } = await make(entry('a'));
    const before = catalog.reads;
    await Promise.all(Array.from({ length: 10 }, () => manager.refresh()));
    expect(catalog.reads - before).to.equal(2);
    await manager.refresh();
    expect(catalog.reads - before).to.equal(3);
  });

  it('refuses names that nobody knows', async () => {
    const { manager } = await make(entry('a'));
    for (const change of [manager.unload('x'), manager.unload('a', { version: '9' })]) {
      const { code } = (await change.catch((error: unknown) => error)) as { code: string };
      expect(code).to.match(/^ERR_(MODEL|VERSION)_NOT_FOUND$/);
    }
  });

  describe('of a canary', () => {
    const settings: CanarySettings = {
      ...{ version: '2', share: 0.1, keepLoaded: true, maxErrorRate: 0.02, maxLatencyRatio: 2, windowSeconds: 60 },
    };

    it('loads what is not up, and unloads it again where it cannot be one', async () => {
      const { fleet, catalog, manager } = await make(entry('a'));
      catalog.aliases = { versionOf: () => Promise.resolve('2') } as never;
      await manager.setCanary('a', settings);
      expect(fleet.asked).to.deep.equal(['load a', 'canary a 2']);
      fleet.asked.length = 0;
      fleet.refuses.add('2');
      expect((await rejection(manager.setCanary('a', settings))).code).to.equal('ERR_CANARY');
      expect(fleet.asked).to.deep.equal(['load a', 'canary a 2', 'unload a 2']);
      expect((await rejection(manager.setCanary('b', settings))).code).to.equal('ERR_MODEL_NOT_FOUND');
    });

    it('ends it without waiting for its turn', async () => {
      const { fleet, manager } = await make(entry('a'));
      expect((await rejection(manager.setCanary('a', undefined))).code).to.equal('ERR_NO_CANARY');
      expect((await rejection(manager.canary('b'))).code).to.equal('ERR_MODEL_NOT_FOUND');
      await manager.setCanary('a', { ...settings, version: '1' });
      let open = (): void => undefined;
      fleet.digest = () => new Promise((resolve) => (open = () => resolve('x')));
      const loading = manager.load('a');
      await manager.setCanary('a', undefined);
      expect(fleet.asked.at(-1)).to.equal('canary a none');
      open();
      await loading;
    });

    it('promotes it as the default of its name where no alias is served', async () => {
      const { fleet, manager } = await make(entry('a'));
      expect((await rejection(manager.promoteCanary('a'))).code).to.equal('ERR_NO_CANARY');
      await manager.setCanary('a', { ...settings, version: '1' });
      await manager.promoteCanary('a');
      expect(fleet.asked.at(-1)).to.equal('promote a 1');
      fleet.promotes = 'champion';
      // Nothing keeps aliases here.
      expect((await rejection(manager.promoteCanary('a'))).code).to.equal('ERR_INVALID_ARGUMENT');
    });
  });
});
