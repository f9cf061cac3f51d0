/** Signatures that were made elsewhere: verified where they lie, and what they do not cover is said. */
import { existsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { signFolder } from 'node-libtorch';
import { testRegistry, type TestRegistry } from '../../registry/signing/registry.js';
import { pair } from '../../registry/signing/support.js';
import { cli } from '../../support/cli-run.js';

describe('registry verify --signature', function () {
  this.timeout(60_000);
  let at: TestRegistry;
  const { key, pub } = pair();
  beforeEach(async () => {
    at = await testRegistry();
    writeFileSync(join(at.root, 'release.pub'), pub);
    const { bundle } = await signFolder(at.file('.'), { key, subject: 'v1.0' });
    writeFileSync(join(at.root, 'theirs.sig'), bundle);
  });
  afterEach(() => rm(at.root, { recursive: true, force: true }));
  const verify = (...args: string[]) =>
    cli(['registry', 'verify', ...args, '--registry', 'records', '--models', 'models'], { cwd: at.root });

  it('verifies a file beside nothing, and says that it does not cover the record', async () => {
    const { status, stdout } = await verify('tiny@v1.0', '--key', 'release.pub', '--signature', 'theirs.sig');
    expect(stdout).to.match(/^ok .*signed by key [0-9a-f]{64}, its files and not its record/);
    expect(status).to.equal(0);
    expect(existsSync(at.beside('model.sig'))).to.equal(false);
    const nobody = await verify('tiny', '--signature', 'theirs.sig');
    expect(nobody.stdout).to.match(/^ok .*by whom was not asked.*its files and not its record/);
    writeFileSync(at.file('extra.so'), '');
    const more = await verify('tiny@v1.0', '--key', 'release.pub', '--signature', 'theirs.sig', '--json');
    expect(more.status).to.equal(1);
    expect(more.stdout).to.include('ERR_SIGNATURE_INVALID').and.include('extra.so');
  });

  it('covers the record where that was signed too', async () => {
    const { bundle } = await at.registry.sign('tiny', 'v1.0', { key });
    writeFileSync(join(at.root, 'ours.sig'), bundle);
    await rm(at.beside('model.sig'));
    const { stdout } = await verify('tiny@v1.0', '--key', 'release.pub', '--signature', 'ours.sig');
    expect(stdout).to.match(/^ok .*signed by key [0-9a-f]{64}\n$/);
  });

  it('refuses a root of Sigstore that is trusted for nobody', async () => {
    writeFileSync(join(at.root, 'root.json'), '{}');
    for (const [args, env] of [
      [['--trusted-root', 'root.json'], {}],
      [[], { NODE_LIBTORCH_TRUSTED_ROOT: 'root.json' }],
    ] as const) {
      const flags = ['--registry', 'records', '--models', 'models'];
      const { status, stdout, stderr } = await cli(['registry', 'verify', '--all', ...args, ...flags], {
        cwd: at.root,
        env,
      });
      expect({ status, stdout }, args.join()).to.deep.equal({ status: 2, stdout: '' });
      expect(stderr).to.match(/^error \[ERR_CONFIG\] Expected identities beside trustedRoot/);
    }
  });

  it('is of one version, and a file that can be read', async () => {
    for (const args of [['--all'], ['tiny', 'tiny@v1.0'], []]) {
      expect(await verify(...args, '--signature', 'theirs.sig'), args.join()).to.include({ status: 2, stdout: '' });
    }
    const missing = await verify('tiny', '--signature', 'none.sig');
    expect(missing.stderr).to.match(/^error \[ERR_CONFIG\] Expected a signature at none\.sig .*ENOENT/);
    writeFileSync(join(at.root, 'long.sig'), Buffer.alloc(8 * 2 ** 20 + 1));
    for (const command of ['verify', 'sign']) {
      const option = command === 'sign' ? '--bundle' : '--signature';
      const flags = ['--registry', 'records', '--models', 'models'];
      const { status, stderr } = await cli(['registry', command, 'tiny@v1.0', option, 'long.sig', ...flags], {
        cwd: at.root,
      });
      expect([status, stderr]).to.satisfy(([code, said]: [number, string]) => code === 1 && /8388608|8 MiB/.test(said));
    }
  });
});
