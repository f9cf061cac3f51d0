import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  LoadPolicy,
  ModelHost,
  ModelRegistry,
  signFolder,
  type HostPolicy,
  type HostWarning,
  type PolicyDecision,
} from 'node-libtorch';
import { torchError } from '#dist/errors.js';
import { pair } from '../registry/signing/support.js';
import { digits, DigitRegistry } from '../support/digit-registry.js';
import { digitModel, onnx } from '../support/paths.js';
import { rejection } from '../support/rejection.js';

/** What a host makes of a policy's word; that of signatures itself is tested where it lives. */
describe('the policy of a host', function () {
  this.timeout(60_000);
  let files: DigitRegistry;
  let registry: ModelRegistry;
  let host: ModelHost | undefined;
  let decide: (what: string) => PolicyDecision;
  const asked: string[] = [];
  const policy: HostPolicy = {
    check: (version) => {
      const what = 'file' in version ? `file ${version.sha256 ?? ''}` : `${version.name} ${version.version}`;
      asked.push(what);
      return new Promise((resolve) => resolve(decide(what)));
    },
  };
  const refuse = (what: string) => (each: string) => {
    if (each === what) throw torchError('ERR_SIGNATURE_REQUIRED', `Expected a signature of ${each} in /secret`);
    return { warnings: [] };
  };

  beforeEach(async () => {
    files = await DigitRegistry.make('v1.0', 'v1.1');
    registry = await files.open();
    await registry.setAlias(digits, 'champion', 'v1.0');
    decide = () => ({ warnings: [] });
    asked.length = 0;
  });
  afterEach(async () => {
    await host?.close();
    host = undefined;
    files.remove();
  });
  const open = async (...versions: string[]): Promise<ModelHost> =>
    (host = await ModelHost.open({ registry, policy, models: [{ name: digits, versions, warmup: false }] }));

  it('is asked at the start, at a reload and when an alias moves', async () => {
    const served = await open('champion');
    await served.load({ name: digits });
    await served.setAliases(digits, { champion: 'v1.1' });
    await served.setAliases(digits, { champion: 'v1.1', stable: 'v1.1' });
    expect(asked).to.deep.equal(['v1.0', 'v1.0', 'v1.1'].map((version) => `${digits} ${version}`));
  });

  it('ends a start, and lets what serves go on: it may be refused as often as one likes', async () => {
    decide = refuse(`${digits} v1.1`);
    expect(await rejection(open('v1.1'))).to.have.property('code', 'ERR_SIGNATURE_REQUIRED');
    const served = await open('champion');
    for (let i = 0; i < 5; i++) {
      const error = await rejection(served.setAliases(digits, { champion: 'v1.1' }));
      expect(error).to.include({ code: 'ERR_SIGNATURE_REQUIRED', status: 403 });
    }
    expect(served.model(digits, 'champion').version).to.equal('v1.0');
    const [failed] = served.failed();
    expect(failed).to.include({ version: 'v1.1', code: 'ERR_SIGNATURE_REQUIRED' });
    expect(failed?.message).to.equal('Digest or signature required (ERR_SIGNATURE_REQUIRED)');
    expect(await registry.loadFailures(digits)).to.deep.equal([]);
    decide = () => ({ warnings: [] });
    await served.setAliases(digits, { champion: 'v1.1' });
    expect(served.model().version).to.equal('v1.1');
  });

  it('says what it only reports', async () => {
    const warnings: HostWarning[] = [];
    host = ModelHost.start({ registry, policy, models: [{ name: digits, versions: ['v1.0'], warmup: false }] });
    host.on('warning', (event) => warnings.push(event));
    decide = () => ({ warnings: ['v1.0 has no signature'] });
    await host.ready;
    expect(warnings).to.deep.equal([{ model: digits, version: 'v1.0', message: 'v1.0 has no signature' }]);
  });

  it('holds the bytes that are loaded to the digest that it has found, also of a file', async () => {
    const file = join(files.folder, 'model.pt');
    copyFileSync(digitModel, file);
    const { sha256 } = (await registry.record(digits, 'v1.1')).artifact;
    decide = () => {
      // Between the look and the load.
      copyFileSync(files.artifact('v1.0'), file);
      return { sha256, warnings: [] };
    };
    const models = [{ file, warmup: false as const }];
    expect(await rejection(ModelHost.open({ policy, models }))).to.have.property('code', 'ERR_INTEGRITY');
    const stated = [{ file, warmup: false as const, load: { sha256 } }];
    expect(await rejection(ModelHost.open({ policy, models: stated }))).to.have.property('code', 'ERR_INTEGRITY');
    expect(asked, 'it hears what the caller states').to.deep.equal(['file ', `file ${sha256}`]);
    decide = () => {
      copyFileSync(files.artifact('v1.1'), file);
      return { sha256, warnings: [] };
    };
    host = await ModelHost.open({ policy, models: [{ file, warmup: false }] });
    expect(host.model().model.info.sha256).to.equal(sha256);
  });

  it('must be one', async () => {
    for (const bad of [null, {}, 'signature', { check: 1 }]) {
      const opened = ModelHost.open({ registry, models: [{ name: digits }], policy: bad as never });
      expect(await rejection(opened)).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    }
  });
});

describe('a host that demands signatures', function () {
  this.timeout(60_000);

  it('loads what was signed, at each move anew, and byte for byte', async () => {
    const files = await DigitRegistry.make('v1.0', 'v1.1', 'v1.2');
    const registry = await files.open();
    const { key, pub } = pair();
    await registry.sign(digits, 'v1.0', { key });
    await registry.sign(digits, 'v1.2', { key: pair().key });
    await registry.setAlias(digits, 'champion', 'v1.0');
    const policy = await LoadPolicy.open({ require: 'signature', publicKeys: [pub] });
    const models = [{ name: digits, versions: ['champion'], warmup: false as const }];
    await using host = await ModelHost.open({ registry, policy, models });
    const move = (version: string) => rejection(host.setAliases(digits, { champion: version }));
    expect(await move('v1.1'), 'unsigned').to.have.property('code', 'ERR_SIGNATURE_REQUIRED');
    expect(await move('v1.2'), 'by somebody else').to.have.property('code', 'ERR_SIGNATURE_INVALID');
    await registry.sign(digits, 'v1.1', { key });
    const good = readFileSync(files.artifact('v1.1'));
    for (const at of [0, good.length >> 1, good.length - 1]) {
      const flipped = Buffer.from(good);
      flipped[at]! ^= 1;
      writeFileSync(files.artifact('v1.1'), flipped);
      expect((await move('v1.1')).code, `bit ${at}`).to.be.oneOf(['ERR_INTEGRITY', 'ERR_SIGNATURE_INVALID']);
      expect(host.model().version).to.equal('v1.0');
      await host.clearQuarantine(digits);
    }
    // Signed bytes and a record that was made to fit others.
    await files.add('v1.1');
    expect((await move('v1.1')).code).to.be.oneOf(['ERR_INTEGRITY', 'ERR_SIGNATURE_INVALID']);
    await registry.sign(digits, 'v1.1', { key });
    await host.setAliases(digits, { champion: 'v1.1' });
    expect(host.model(digits, 'champion').version).to.equal('v1.1');
    expect(host.failed()).to.deep.equal([]);
    files.remove();
  });

  it('says what it would refuse where it only reports', async () => {
    const files = await DigitRegistry.make('v1.0');
    const registry = await files.open();
    const policy = await LoadPolicy.open({ require: 'signature', mode: 'report', publicKeys: [pair().pub] });
    const host = ModelHost.start({ registry, policy, models: [{ name: digits, warmup: false }] });
    const said: string[] = [];
    host.on('warning', ({ message }) => said.push(message));
    await host.ready;
    expect(said).to.have.length(1);
    expect(said[0]).to.match(/^The policy signature would refuse it: /);
    await host.close();
    files.remove();
  });
});

describe('files beside an artifact', function () {
  this.timeout(120_000);
  let folder: string;
  let registry: ModelRegistry;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'node-libtorch-sidecars-'));
    const dirs = { registryDir: join(folder, 'model-registry'), modelsDir: join(folder, 'models') };
    registry = await ModelRegistry.open({ ...dirs, create: true });
    for (const name of ['external.onnx', 'weights.bin'])
      cpSync(onnx('external').replace('external.onnx', name), join(folder, name));
    await registry.add(join(folder, 'external.onnx'), { name: 'external', version: 'v1.0' });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are held to the digests of the record, without any policy', async () => {
    const record = await registry.record('external', 'v1.0');
    expect(record.artifact.sidecars?.map(({ file }) => file)).to.deep.equal(['weights.bin']);
    const models = [{ name: 'external' }];
    await using host = await ModelHost.open({ registry, models });
    const { sha256 } = record.artifact;
    expect(host.model('external', `sha256:${sha256}`).record).to.deep.equal(record);
    const weights = join(await registry.artifactFolder(record), 'weights.bin');
    const bytes = readFileSync(weights);
    const flipped = Buffer.from(bytes);
    flipped[0]! ^= 1;
    writeFileSync(weights, flipped);
    const error = await rejection(host.load({ name: 'external' }));
    expect(error).to.have.property('code', 'ERR_INTEGRITY');
    expect(error.message).to.include('weights.bin');
    expect(host.model('external').version).to.equal('v1.0');
    writeFileSync(weights, bytes);
    await host.load({ name: 'external' });
  });

  it('are signed too, or refused, whatever digests the caller has for them', async () => {
    const at = (file: string): string => join(folder, file);
    const { key, pub } = pair();
    const [weights, bytes] = [at('weights.bin'), readFileSync(at('weights.bin'))];
    const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
    const flipped = Buffer.from(bytes);
    flipped[0]! ^= 1;
    const open = async (mode: 'enforce' | 'report', stated: Buffer) => {
      const policy = await LoadPolicy.open({ require: 'signature', mode, publicKeys: [pub] });
      const load = { externalSha256: { 'weights.bin': digest(stated) } };
      const host = ModelHost.start({ policy, models: [{ file: at('external.onnx'), load }] });
      const said: string[] = [];
      host.on('warning', ({ message }) => said.push(message));
      await host.ready;
      await host.close();
      return said.join();
    };
    const signature = await signFolder(at('external.onnx'), { key, subject: 'external' });
    writeFileSync(at('external.onnx.sig'), signature.bundle);
    for (const content of [bytes, flipped]) {
      writeFileSync(weights, content);
      const error = await rejection(open('enforce', content));
      expect(error).to.have.property('code', 'ERR_SIGNATURE_REQUIRED');
      expect(error.message).to.match(/weights\.bin.*external\.onnx\.sig covers external\.onnx alone/);
      expect(await open('report', content)).to.match(/would refuse it: Expected a signature of weights\.bin/);
    }
    rmSync(at('external.onnx.sig'));
    writeFileSync(weights, bytes);
    // What is signed is the folder of the files, without the registry that the tests above have there.
    const own = mkdtempSync(join(tmpdir(), 'node-libtorch-signed-'));
    for (const name of ['external.onnx', 'weights.bin']) cpSync(at(name), join(own, name));
    const policy = await LoadPolicy.open({ require: 'signature', publicKeys: [pub] });
    writeFileSync(join(own, 'model.sig'), (await signFolder(own, { key, subject: 'external' })).bundle);
    const host = (load: object) => ModelHost.open({ policy, models: [{ file: join(own, 'external.onnx'), load }] });
    await (await host({})).close();
    writeFileSync(join(own, 'weights.bin'), flipped);
    const error = await rejection(host({ externalSha256: { 'weights.bin': digest(flipped) } }));
    expect(error.code).to.be.oneOf(['ERR_INTEGRITY', 'ERR_SIGNATURE_INVALID']);
    rmSync(own, { recursive: true });
  });

  it('are nothing to an engine that reads one file', async () => {
    const files = await DigitRegistry.make('v1.0');
    const known = await files.open();
    const { artifact } = await known.record(digits, 'v1.0');
    const sidecars = [{ file: 'README.md', sha256: '0'.repeat(64), bytes: 1 }];
    files.record('v1.0', { schemaVersion: 2, artifact: { ...artifact, sidecars } });
    await using host = await ModelHost.open({ registry: known, models: [{ name: digits, warmup: false }] });
    expect(host.model().record?.artifact.sidecars).to.have.length(1);
    files.remove();
  });
});
