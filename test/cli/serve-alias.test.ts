/** What a refresh and an administrator do to a host that `serve` has started, by the registry's aliases. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { hostModelOf, startHost } from '#dist/cli/host-of-settings.js';
import { ServeCatalog } from '#dist/cli/serve-catalog.js';
import { HostFleet } from '#dist/server/management/host-fleet.js';
import { Manager } from '#dist/server/management/manager.js';
import { loadSettings } from '#dist/server/settings/load.js';
import type { ModelEntry } from '#dist/server/settings/model-entries.js';
import type { ModelHost } from '#dist/serving/index.js';
import { AliasRegistry } from '../support/server/alias-registry.js';
import { keptLogger } from '../support/server/logs.js';
import { rejection } from '../support/rejection.js';

describe('serve and the aliases of its registry', function () {
  this.timeout(60_000);
  let registry: AliasRegistry;
  let host: ModelHost | undefined;
  beforeEach(async () => {
    registry = new AliasRegistry();
    await registry.alias('champion', 'v1.0');
  });
  afterEach(async () => {
    await host?.close();
    host = undefined;
    registry.remove();
  });

  const start = async (...versions: string[]) => {
    const folders = { registryDir: registry.registryDir, modelsDir: registry.modelsDir };
    const settings = loadSettings({ env: {}, overrides: { ...folders, warmup: 'off' } });
    const asked = versions.length > 0 ? { versions } : {};
    const selection = { settings, models: [{ name: 'mnist-mlp', ...asked }] as readonly ModelEntry[] };
    const give = (more: Partial<ModelEntry>) => {
      selection.models = [{ name: 'mnist-mlp', ...asked, ...more }];
    };
    const started = (host = await startHost(selection.models, settings, 'mnist-mlp'));
    await started.ready;
    const own = new HostFleet(started);
    const fleet = {
      list: () => own.list(),
      load: (entry: ModelEntry, signal: AbortSignal, beforeSwap?: () => Promise<void>) =>
        own.load(hostModelOf(entry, settings), signal, beforeSwap),
      unload: own.unload.bind(own),
      aliases: own.aliases.bind(own),
      setAliases: own.setAliases.bind(own),
      clear: own.clear.bind(own),
      canary: own.canary.bind(own),
      setCanary: own.setCanary.bind(own),
      holdCanary: own.holdCanary.bind(own),
      promote: own.promote.bind(own),
    };
    const catalog = new ServeCatalog({ ...selection }, () => ({ ...selection }));
    const manager = new Manager({ fleet, catalog, logger: keptLogger().logger });
    // What was given at the start is read.
    await catalog.given();
    const refresh = async () => {
      const { loaded, unloaded, failed } = await manager.refresh();
      return { loaded, unloaded, failed: failed.map(({ model, error }) => [model, (error as { code: string }).code]) };
    };
    const up = () => started.list().map(({ version }) => version);
    const meaning = (alias = 'champion') => started.aliases('mnist-mlp').get(alias);
    /** A refresh that reads the operator's list at the moment at which the model's folder is not there. */
    const refreshBlind = async () => {
      const given = catalog.given.bind(catalog);
      const [there, away] = ['mnist-mlp', '.away'].map((name) => join(registry.registryDir, name)) as [string, string];
      catalog.given = async () => {
        renameSync(there, away);
        try {
          return await given();
        } finally {
          renameSync(away, there);
        }
      };
      try {
        return await refresh();
      } finally {
        catalog.given = given;
      }
    };
    return { manager, refresh, refreshBlind, up, meaning, give, started };
  };
  const nothing = { loaded: [], unloaded: [], failed: [] };

  it('loads what an alias means anew, once, and reloads nothing beside it', async () => {
    const { refresh, up, meaning, started } = await start('champion', 'v1.0');
    expect(await refresh()).to.deep.equal(nothing);
    const before = started.model('mnist-mlp', 'v1.0');
    await registry.alias('champion', 'v1.1');
    expect(await refresh()).to.deep.equal({ ...nothing, loaded: ['mnist-mlp v1.1'] });
    expect([up(), meaning()]).to.deep.equal([['v1.1', 'v1.0'], 'v1.1']);
    expect(started.model('mnist-mlp', 'v1.0')).to.equal(before);
    expect(await refresh()).to.deep.equal(nothing);
    // Back: what it means is there already.
    await registry.alias('champion', 'v1.0');
    expect(await refresh()).to.deep.equal(nothing);
    expect([up(), meaning()]).to.deep.equal([['v1.0'], 'v1.0']);
  });

  it('loads what an alias means that nobody gave and that could be called by', async () => {
    const { refresh, up, meaning } = await start('v1.0');
    await registry.alias('champion', 'v1.1');
    await registry.alias('other', 'v1.1');
    expect(await refresh()).to.deep.equal({ ...nothing, loaded: ['mnist-mlp v1.1'] });
    expect([up(), meaning(), meaning('other')]).to.deep.equal([['v1.0', 'v1.1'], 'v1.1', 'v1.1']);
    // A new one of a version that is not loaded loads nothing.
    registry.add('v1.2');
    await registry.alias('new', 'v1.2');
    expect(await refresh()).to.deep.equal(nothing);
    expect([up(), meaning('new')]).to.deep.equal([['v1.0', 'v1.1'], 'v1.2']);
    await registry.alias('other', undefined);
    expect(await refresh()).to.deep.equal(nothing);
    expect(meaning('other')).to.equal(undefined);
  });

  it('keeps what an alias meant where the new version is none, and tries again', async () => {
    const { refresh, up, meaning } = await start('v1.0');
    registry.addBad('v1.1');
    await registry.alias('champion', 'v1.1');
    const failed = [['mnist-mlp v1.1', 'ERR_MODEL_FORMAT']];
    for (let times = 0; times < 2; times++) {
      expect(await refresh()).to.deep.equal({ ...nothing, failed });
      expect([up(), meaning()]).to.deep.equal([['v1.0'], 'v1.0']);
    }
    registry.add('v1.1');
    expect(await refresh()).to.deep.equal({ ...nothing, loaded: ['mnist-mlp v1.1'] });
    expect(meaning()).to.equal('v1.1');
  });

  it('clears the version that the registry means by an alias, and none that nobody knows', async () => {
    const { manager, refresh, started } = await start('v1.0');
    registry.addBad('v1.1');
    await registry.alias('champion', 'v1.1');
    const refused = () => started.quarantine().map(({ version }) => version);
    const code = async (version: string, name = 'mnist-mlp') =>
      ((await rejection(manager.clear(name, version))) as { code?: string }).code;
    const quarantine = async () => {
      for (let times = 0; times < 3; times++) await refresh();
      expect(refused()).to.deep.equal(['v1.1']);
    };
    await quarantine();
    for (const unknown of ['v9.9', 'nobody', `sha256:${'0'.repeat(64)}`, 'no/version']) {
      expect(await code(unknown), unknown).to.equal('ERR_VERSION_NOT_FOUND');
    }
    expect(await code('v1.1', 'unknown')).to.equal('ERR_MODEL_NOT_FOUND');
    await manager.clear('mnist-mlp', 'v1.0');
    expect(refused(), 'another version is none of its business').to.deep.equal(['v1.1']);
    expect(started.aliases('mnist-mlp').get('champion'), 'what is in force').to.equal('v1.0');
    await manager.clear('mnist-mlp', 'champion');
    expect(refused()).to.deep.equal([]);
    await quarantine();
    await manager.clear('mnist-mlp');
    expect(refused()).to.deep.equal([]);
  });

  it('unloads what was given by its number once nothing means it', async () => {
    const { refresh, up, give } = await start('v1.0');
    give({ versions: ['champion'] });
    expect(await refresh()).to.deep.equal(nothing);
    expect(up()).to.deep.equal(['v1.0']);
    await registry.alias('champion', 'v1.1');
    expect(await refresh()).to.deep.equal({ loaded: ['mnist-mlp v1.1'], unloaded: ['mnist-mlp v1.0'], failed: [] });
    expect(up()).to.deep.equal(['v1.1']);
  });

  it('goes on where the alias that was given is no more, and says so', async () => {
    const { refresh, up, meaning } = await start('champion');
    await registry.alias('other', 'v1.0');
    await refresh();
    await registry.alias('champion', undefined);
    await registry.alias('other', undefined);
    for (let times = 0; times < 2; times++) {
      expect(await refresh()).to.deep.equal({ ...nothing, failed: [['mnist-mlp', 'ERR_VERSION_NOT_FOUND']] });
      // Clients call by it. Nobody gave the other one.
      expect([up(), meaning(), meaning('other')]).to.deep.equal([['v1.0'], 'v1.0', undefined]);
    }
    await registry.alias('champion', 'v1.1');
    expect(await refresh()).to.deep.include({ loaded: ['mnist-mlp v1.1'], failed: [] });
    expect(up()).to.deep.equal(['v1.1']);
  });

  for (const given of [['champion'], ['v1.0'], ['champion', 'v1.1'], ['digest'], []]) {
    it(`unloads nothing while the registry cannot be read: ${given.join(', ') || 'no version'}`, async () => {
      const versions = given.map((each) => (each === 'digest' ? `sha256:${registry.digest('v1.0')}` : each));
      const { refresh, refreshBlind, up, meaning, give, started } = await start(...versions);
      expect(await refresh()).to.deep.equal(nothing);
      const before = [up(), meaning()];
      const model = started.model();
      for (let times = 0; times < 2; times++) {
        const { failed, ...changed } = await refreshBlind();
        expect(changed).to.deep.equal({ loaded: [], unloaded: [] });
        expect(failed.map(([, code]) => code)).to.deep.equal(['ERR_MODEL_NOT_FOUND']);
        expect([up(), meaning()]).to.deep.equal(before);
      }
      expect(await refresh()).to.deep.equal(nothing);
      expect(started.model(), 'nothing was loaded anew').to.equal(model);
      // It is known still that the operator gave it.
      give({ versions: ['v1.1'] });
      expect((await refresh()).unloaded).to.deep.equal(['mnist-mlp v1.0']);
    });
  }

  it('leaves out of service what a request has unloaded, while the registry cannot be read', async () => {
    const { manager, refresh, refreshBlind, up } = await start('champion');
    await manager.unload('mnist-mlp');
    expect((await refreshBlind()).failed).to.have.length(1);
    expect(await refresh()).to.deep.equal(nothing);
    expect(up()).to.deep.equal([]);
  });

  it('takes other settings with an alias that moves', async () => {
    const { refresh, started, give } = await start('champion');
    await registry.alias('champion', 'v1.1');
    give({ instances: 2 });
    expect(await refresh()).to.deep.include({ loaded: ['mnist-mlp v1.1'] });
    expect(started.model().model.info.instances).to.equal(2);
    give({ instances: 1 });
    expect(await refresh()).to.deep.include({ loaded: ['mnist-mlp v1.1'] });
    expect(started.model().model.info.instances).to.equal(1);
    expect(await refresh()).to.deep.equal(nothing);
  });

  it('serves a digest, which no alias moves', async () => {
    const { refresh, up, meaning } = await start(`sha256:${registry.digest('v1.0')}`);
    expect(up()).to.deep.equal(['v1.0']);
    expect(await refresh()).to.deep.equal(nothing);
    await registry.alias('champion', 'v1.1');
    await refresh();
    expect([up(), meaning()]).to.deep.equal([['v1.0', 'v1.1'], 'v1.1']);
  });

  it('only writes the registry for a model that was unloaded, and loads none for it', async () => {
    const { manager, up, meaning, refresh } = await start('v1.0');
    await manager.unload('mnist-mlp');
    await manager.setAlias('mnist-mlp', 'next', 'v1.1');
    expect([up(), await registry.aliases()]).to.deep.equal([[], { champion: 'v1.0', next: 'v1.1' }]);
    expect(await refresh()).to.deep.equal(nothing);
    expect(up()).to.deep.equal([]);
    await manager.load('mnist-mlp', { version: 'next' });
    expect([up(), meaning('next')]).to.deep.equal([['v1.1'], 'v1.1']);
  });

  it('gives a move up that is aborted while the model loads', async () => {
    const { manager, up, meaning, started } = await start('champion');
    const late = new AbortController();
    started.on('progress', ({ stage }) => {
      if (stage === 'load') late.abort(new Error('late'));
    });
    const moving = rejection(manager.setAlias('mnist-mlp', 'champion', 'v1.1', late.signal));
    expect(await moving).to.have.property('message', 'late');
    expect([up(), meaning(), await registry.aliases()]).to.deep.equal([['v1.0'], 'v1.0', { champion: 'v1.0' }]);
  });
});
