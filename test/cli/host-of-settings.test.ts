import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startHost } from '#dist/cli/host-of-settings.js';
import { commandSettings } from '#dist/cli/settings.js';
import { AliasRegistry } from '../support/server/alias-registry.js';
import { rejection } from '../support/rejection.js';
import { pair } from '../registry/signing/support.js';

describe('the policy of a host by settings', function () {
  this.timeout(60_000);
  let registry: AliasRegistry;
  beforeEach(() => (registry = new AliasRegistry(['v1.0'])));
  afterEach(() => registry.remove());

  /** A host whose version is signed, and the file of the key that it trusts. */
  const start = async (policyMode: 'enforce' | 'report') => {
    const { key, pub } = pair();
    await (await registry.open()).sign('mnist-mlp', 'v1.0', { key });
    const release = join(registry.folder, 'release.pub');
    writeFileSync(release, pub);
    const overrides = {
      ...{ registryDir: registry.registryDir, modelsDir: registry.modelsDir, warmup: 'off' },
      ...{ policy: 'signature', policyMode, trustedKeys: [release] },
    };
    const host = await startHost([{ name: 'mnist-mlp' }], commandSettings({ overrides }), 'mnist-mlp');
    const warnings: string[] = [];
    host.on('warning', ({ message }) => warnings.push(message));
    await host.ready;
    return { host, release, pub, warnings };
  };

  it('says at each load that whom it trusts cannot be read any more, where it only reports', async () => {
    const { host, release, pub, warnings } = await start('report');
    try {
      expect(warnings).to.deep.equal([]);
      writeFileSync(release, 'broken');
      await host.load({ name: 'mnist-mlp' });
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/whose signatures counted before.*release\.pub/);
      writeFileSync(release, pub);
      await host.load({ name: 'mnist-mlp' });
      expect(warnings).to.have.length(1);
    } finally {
      await host.close();
    }
  });

  it('loads nothing more while whom it trusts cannot be read, where it enforces', async () => {
    const { host, release, pub } = await start('enforce');
    try {
      writeFileSync(release, 'broken');
      const error = await rejection(host.load({ name: 'mnist-mlp' }));
      expect(error).to.have.property('code', 'ERR_CONFIG');
      writeFileSync(release, pub);
      await host.load({ name: 'mnist-mlp' });
    } finally {
      await host.close();
    }
  });
});
