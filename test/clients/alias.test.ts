/** tritonclient and KServe's client name versions by alias and digest: in the version that they send, and in the name alone. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { AliasRegistry } from '../support/server/alias-registry.js';
import { root } from '../support/paths.js';

const run = promisify(execFile);

describe('Python clients by alias and digest', function () {
  this.timeout(600_000);
  let registry: AliasRegistry;
  let python: string;
  let host: ModelHost;
  let server: InferenceServer;
  before(async () => {
    python = (await run('bash', [`${root}scripts/clients/env.sh`])).stdout.trim();
    registry = new AliasRegistry();
    await registry.alias('champion', 'v1.1');
    const models = [{ name: 'mnist-mlp', versions: ['v1.0', 'champion'] }];
    host = await ModelHost.open({ registry: await registry.open(), models });
    server = await createServer({ host, port: 0, grpcPort: 0, logger: false });
  });
  after(async () => {
    await server?.close();
    await host?.close();
    registry?.remove();
  });

  for (const client of ['triton', 'kserve']) {
    it(client, async () => {
      const meant = [
        ['champion', 'v1.1'],
        ['v1.0', 'v1.0'],
        [`sha256:${registry.digest('v1.1')}`, 'v1.1'],
      ];
      const job = { http: `127.0.0.1:${server.port}`, grpc: `127.0.0.1:${server.grpcPort}`, meant };
      const child = run(python, [`${root}test/clients/alias_${client}.py`]);
      child.child.stdin?.end(JSON.stringify(job));
      const { stdout } = await child;
      const { calls } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { calls: number };
      expect(calls).to.be.above(meant.length * 2);
    });
  }
});
