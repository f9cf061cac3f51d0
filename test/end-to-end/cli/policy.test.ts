/** `serve` with a policy of signatures, in one process and in several. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli } from '../../support/cli-run.js';
import { AliasRegistry } from '../../support/server/alias-registry.js';
import { askJson } from '../../support/server/alias-traffic.js';
import { serveProcess, type LoggingProcess } from '../../support/server/serve-process.js';

interface Problem {
  readonly code: string;
  readonly serving: Readonly<Record<string, string>>;
}

describe('serve by signatures', function () {
  this.timeout(120_000);
  const running: LoggingProcess[] = [];
  let registry: AliasRegistry;
  let key: string;
  let publicKey: string;
  beforeEach(async () => {
    registry = new AliasRegistry();
    await registry.alias('champion', 'v1.0');
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    key = join(registry.folder, 'release.key');
    publicKey = join(registry.folder, 'release.pub');
    writeFileSync(key, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(publicKey, pair.publicKey.export({ type: 'spki', format: 'pem' }));
  });
  afterEach(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.all(running.splice(0).map(({ ended }) => ended));
    registry.remove();
  });

  const sign = async (version: string) => (await registry.open()).sign('mnist-mlp', version, { key });
  const serve = (args: readonly string[]): LoggingProcess => {
    const policy = ['--policy', 'signature', '--trusted-key', publicKey];
    const server = serveProcess([...registry.flags, ...policy, '--admin-port', '0', ...args]);
    running.push(server);
    return server;
  };

  for (const workers of [1, 2]) {
    it(`loads what is signed, and an alias moves to nothing else, with ${workers} of them`, async () => {
      await sign('v1.0');
      const server = serve(['mnist-mlp@champion', '--workers', String(workers)]);
      await server.seen(workers > 1 ? 'worker ready' : 'ready', workers);
      const { adminPort } = server;
      const move = async () => {
        const path = '/admin/models/mnist-mlp/aliases/champion';
        const { status, body } = await askJson<Problem>(adminPort, 'PUT', path, { body: { version: 'v1.1' } });
        return [status, body.code];
      };
      expect(await move()).to.deep.equal([403, 'ERR_SIGNATURE_REQUIRED']);
      await sign('v1.1');
      expect(await move()).to.deep.equal([200, undefined]);
      // Another key counts from the next load on.
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      writeFileSync(publicKey, other.publicKey.export({ type: 'spki', format: 'pem' }));
      const load = await askJson<Problem>(adminPort, 'POST', '/admin/models/mnist-mlp/load');
      expect([load.status, load.body.code]).to.deep.equal([403, 'ERR_SIGNATURE_INVALID']);
      const { body } = await askJson<Problem>(adminPort, 'GET', '/admin/models/mnist-mlp/aliases');
      expect(body.serving).to.deep.equal({ champion: 'v1.1' });
    });
  }

  it('ends where it may load nothing, and where nobody can read whom it trusts', async () => {
    for (const args of [
      ['mnist-mlp@champion'],
      ['mnist-mlp@champion', '--workers', '2'],
      ['mnist-mlp@champion', '--trusted-key', join(registry.folder, 'none.pub')],
    ]) {
      const [code] = await serve(args).ended;
      expect(code, args.join(' ')).to.equal(1);
    }
  });

  it('is a usage error where the settings contradict each other, in each command that loads', async () => {
    const wrong: [RegExp, ...string[]][] = [
      [/somebody to trust/, '--policy', 'signature'],
      [/somebody to trust/, '--policy', 'signature', '--policy-mode', 'report'],
      [/somebody to trust/, '--policy', 'signature', '--workers', '2'],
      [/beside publicKeys, but it is sha256/, '--policy', 'sha256', '--trusted-key', publicKey],
      [
        /trustedRoot beside identities/,
        '--policy',
        'signature',
        '--trusted-identities',
        'me@example.com https://issuer',
      ],
      [
        /identities beside trustedRoot/,
        '--policy',
        'signature',
        '--trusted-key',
        publicKey,
        '--trusted-root',
        publicKey,
      ],
    ];
    const isRefused = async (args: readonly string[], says: RegExp, env: NodeJS.ProcessEnv = {}) => {
      const refused = await cli(args, { env });
      expect(refused, args.join(' ')).to.include({ status: 2, stdout: '' });
      expect(refused.stderr)
        .to.match(/^error \[ERR_CONFIG\] Expected [^\n]*\n$/)
        .and.match(says);
    };
    for (const [says, ...flags] of wrong) await isRefused(['serve', 'mnist-mlp', '--port', '0', ...flags], says);
    for (const command of ['serve', 'inspect', 'run', 'types'])
      await isRefused([command, 'mnist-mlp'], /somebody to trust/, { NODE_LIBTORCH_POLICY: 'signature' });
  });

  it('serves the rest without exitOnModelError, and names what it refused', async () => {
    await sign('v1.1');
    const server = serve(['mnist-mlp@champion', 'mnist-mlp@v1.1', '--exit-on-model-error=false']);
    await server.seen('ready');
    const { status, body } = await askJson<{ failed: object[] }>(await server.port(), 'GET', '/health/ready');
    expect([status, body.failed]).to.deep.equal([
      200,
      [{ name: 'mnist-mlp', version: 'v1.0', code: 'ERR_SIGNATURE_REQUIRED' }],
    ]);
  });
});
