/** `serve name@alias` in one process; test/faults has it with several. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { AliasRegistry } from '../../support/server/alias-registry.js';
import { serveByAlias } from '../../support/server/serve-by-alias.js';
import { serveProcess, type LoggingProcess } from '../../support/server/serve-process.js';

serveByAlias(1);

describe('an alias', function () {
  this.timeout(120_000);
  const running: LoggingProcess[] = [];
  const registries: AliasRegistry[] = [];
  afterEach(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.all(running.splice(0).map(({ ended }) => ended));
    for (const registry of registries.splice(0)) registry.remove();
  });

  it('is a word of the settings too: a variable, an entry of a list, a digest', async () => {
    const registry = new AliasRegistry();
    registries.push(registry);
    await registry.alias('champion', 'v1.1');
    const settings = join(registry.folder, 'settings.json');
    writeFileSync(settings, JSON.stringify({ models: [{ name: 'mnist-mlp', versions: ['champion', 'v1.0'] }] }));
    for (const [args, env, versions] of [
      [[], { NODE_LIBTORCH_MODEL_VERSION: 'champion' }, ['v1.1']],
      [['--config', settings], {}, ['v1.1', 'v1.0']],
      [[`mnist-mlp@sha256:${registry.digest('v1.1')}`], {}, ['v1.1']],
    ] as const) {
      const server = serveProcess([...registry.flags, ...args], env);
      running.push(server);
      const ready = await server.seen('ready', versions.length);
      expect(ready.map(({ version }) => version)).to.deep.equal(versions);
      server.child.kill('SIGKILL');
    }
  });
});
