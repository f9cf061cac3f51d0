/** What `run`, `inspect` and `types` load: with the policy of the settings asked before, as in a server. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { prepareTarget } from '#dist/cli/load-target.js';
import { commandSettings } from '#dist/cli/settings.js';
import { loadModel } from '#dist/engines/index.js';
import { signFolder } from '#dist/registry/signing/sign.js';
import { AliasRegistry } from '../support/server/alias-registry.js';
import { cli } from '../support/cli-run.js';
import { digitModel, onnx } from '../support/paths.js';
import { rejection } from '../support/rejection.js';
import { pair } from '../registry/signing/support.js';

describe('the policy of commands that load a model', function () {
  this.timeout(60_000);
  let registry: AliasRegistry;
  let trust: Readonly<Record<string, unknown>>;
  const { key, pub } = pair();
  beforeEach(() => {
    registry = new AliasRegistry();
    const release = join(registry.folder, 'release.pub');
    writeFileSync(release, pub);
    trust = {
      ...{ registryDir: registry.registryDir, modelsDir: registry.modelsDir },
      ...{ policy: 'signature', trustedKeys: [release] },
    };
  });
  afterEach(() => registry.remove());

  const load = async (target: string, settings = trust): Promise<string> => {
    const { path, options } = await prepareTarget(target, commandSettings({ overrides: settings }));
    await using model = await loadModel(path, options);
    return model.info.sha256;
  };
  const code = async (target: string, settings = trust): Promise<string> =>
    (await rejection(load(target, settings))).code;

  it('loads a version that is signed, by version, alias and digest, and no other', async () => {
    const known = await registry.open();
    await known.sign('mnist-mlp', 'v1.0', { key });
    await registry.alias('champion', 'v1.0');
    await registry.alias('next', 'v1.1');
    for (const reference of ['mnist-mlp@v1.0', 'mnist-mlp@champion', `sha256:${registry.digest('v1.0')}`])
      expect(await load(reference)).to.equal(registry.digest('v1.0'));
    for (const reference of ['mnist-mlp@v1.1', 'mnist-mlp@next', `sha256:${registry.digest('v1.1')}`])
      expect(await code(reference)).to.equal('ERR_SIGNATURE_REQUIRED');
    await known.sign('mnist-mlp', 'v1.1', { key: pair().key });
    expect(await code('mnist-mlp@next')).to.equal('ERR_SIGNATURE_INVALID');
    expect(await load('mnist-mlp@next', { ...trust, policy: 'sha256', trustedKeys: [] })).to.equal(
      registry.digest('v1.1'),
    );
  });

  it('loads a file that is signed, byte for byte', async () => {
    const file = join(registry.folder, 'model.pt');
    copyFileSync(digitModel, file);
    expect(await code(file)).to.equal('ERR_SIGNATURE_REQUIRED');
    expect(await code(file, { policy: 'sha256' })).to.equal('ERR_SIGNATURE_REQUIRED');
    writeFileSync(`${file}.sig`, (await signFolder(file, { key, subject: 'model.pt' })).bundle);
    await load(file);
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
    expect(await code(file)).to.equal('ERR_INTEGRITY');
  });

  it('holds files beside a file to what was signed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'load-target-'));
    try {
      mkdirSync(join(folder, 'model'));
      const at = (name: string): string => join(folder, 'model', name);
      for (const name of ['external.onnx', 'weights.bin'])
        copyFileSync(onnx('external').replace('external.onnx', name), at(name));
      writeFileSync(at('model.sig'), (await signFolder(at('.'), { key, subject: 'external' })).bundle);
      await load(at('external.onnx'));
      const bytes = readFileSync(at('weights.bin'));
      bytes[0]! ^= 1;
      writeFileSync(at('weights.bin'), bytes);
      expect(await code(at('external.onnx'))).to.equal('ERR_SIGNATURE_INVALID');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('loads a version with files beside it that its engine does not read', async () => {
    const path = join(registry.registryDir, 'mnist-mlp/v1.0/metadata.json');
    const record = JSON.parse(readFileSync(path, 'utf8')) as { artifact: object };
    const sidecars = [{ file: 'README.md', sha256: '0'.repeat(64), bytes: 1 }];
    writeFileSync(path, JSON.stringify({ ...record, schemaVersion: 2, artifact: { ...record.artifact, sidecars } }));
    expect(await load('mnist-mlp@v1.0', { ...trust, policy: 'none', trustedKeys: [] })).to.equal(
      registry.digest('v1.0'),
    );
  });

  it('is asked by each of them, and says on standard error what it only reports', async () => {
    const env = {
      ...{ NODE_LIBTORCH_REGISTRY_DIR: registry.registryDir, NODE_LIBTORCH_MODELS_DIR: registry.modelsDir },
      ...{ NODE_LIBTORCH_POLICY: 'signature', NODE_LIBTORCH_TRUSTED_KEYS: join(registry.folder, 'release.pub') },
    };
    for (const command of ['run', 'inspect', 'types']) {
      const { status, stdout, stderr } = await cli([command, 'mnist-mlp@v1.0'], { env });
      expect([status, stdout], command).to.deep.equal([1, '']);
      expect(stderr).to.match(/^error \[ERR_SIGNATURE_REQUIRED\]/);
    }
    const reporting = { ...env, NODE_LIBTORCH_POLICY_MODE: 'report' };
    const { status, stderr } = await cli(['inspect', 'mnist-mlp@v1.0', '--json'], { env: reporting });
    expect(status).to.equal(0);
    expect(stderr).to.match(/^warning: The policy signature would refuse it: /);
  });
});
