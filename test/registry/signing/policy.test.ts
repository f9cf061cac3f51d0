import { expect } from 'chai';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { annotationsOf } from '#dist/registry/signing/annotations.js';
import { LoadPolicy, type LoadPolicyOptions, signFolder, verifyFolder } from '#dist/registry/signing/index.js';
import { rejection } from '../../support/rejection.js';
import { content, sha256, testRegistry, type TestRegistry } from './registry.js';
import { pair } from './support.js';

describe('the policy of loads', () => {
  let at: TestRegistry;
  const { key, pub } = pair();
  const signature = { require: 'signature', publicKeys: [pub] } as const;

  beforeEach(async () => (at = await testRegistry('v1.0', { engine: 'onnx' })));
  afterEach(() => rm(at.root, { recursive: true, force: true }));

  /** What a policy says of the version. */
  const check = async (options: LoadPolicyOptions) => {
    const record = await at.registry.record('tiny', 'v1.0');
    return (await LoadPolicy.open(options)).check({ name: 'tiny', version: 'v1.0', record, registry: at.registry });
  };
  const ofFile = async (options: LoadPolicyOptions, digest?: string) =>
    (await LoadPolicy.open(options)).check({ file: at.file('model.pt'), ...(digest && { sha256: digest }) });

  const digests = {
    sha256: sha256(content['model.pt']),
    externalSha256: { 'weights/one.bin': sha256(content['weights/one.bin']) },
  };

  it('none demands nothing, and is the default', async () => {
    expect(await check({})).to.deep.equal({ warnings: [] });
    expect(await ofFile({ require: 'none' })).to.deep.equal({ warnings: [] });
  });

  it('sha256 demands a digest: a record has one, a file by itself only where it is given', async () => {
    expect(await check({ require: 'sha256' })).to.deep.equal({ ...digests, warnings: [] });
    expect(await ofFile({ require: 'sha256' }, digests.sha256)).to.deep.equal({ sha256: digests.sha256, warnings: [] });
    const error = await rejection(ofFile({ require: 'sha256' }));
    expect(error.code).to.equal('ERR_SIGNATURE_REQUIRED');
    expect(error.status).to.equal(403);
  });

  it('signature demands one that verifies, and gives the digests that were signed', async () => {
    expect((await rejection(check(signature))).code).to.equal('ERR_SIGNATURE_REQUIRED');
    await at.registry.sign('tiny', 'v1.0', { key });
    const { signer, ...decision } = await check(signature);
    expect(decision).to.deep.equal({ ...digests, warnings: [] });
    expect(signer?.method).to.equal('key');
    await at.registry.sign('tiny', 'v1.0', { key: pair().key });
    const error = await rejection(check(signature));
    expect(error.code).to.equal('ERR_SIGNATURE_INVALID');
    expect(error.status).to.equal(403);
  });

  it('signature refuses an additional file and a missing one, and gives the digest of changed bytes, which a load refuses', async () => {
    await at.registry.sign('tiny', 'v1.0', { key });
    await writeFile(at.file('model.pt'), 'changed bytes');
    expect(await check(signature)).to.deep.include(digests);
    await writeFile(at.file('libextra.so'), '');
    expect((await rejection(check(signature))).message).to.match(/"libextra\.so"/);
    await rm(at.file('libextra.so'));
    await rm(at.file('weights/one.bin'));
    expect((await rejection(check(signature))).message).to.match(/missing: "weights\/one\.bin"/);
  });

  it('signature reads the files that an engine does not', async () => {
    const other = await testRegistry();
    try {
      await other.registry.sign('tiny', 'v1.0', { key });
      const policy = await LoadPolicy.open(signature);
      const { registry } = other;
      const record = await registry.record('tiny', 'v1.0');
      const ask = () => policy.check({ name: 'tiny', version: 'v1.0', record, registry });
      expect(await ask()).to.have.property('sha256', digests.sha256);
      expect(await ask()).not.to.have.property('externalSha256');
      await writeFile(other.file('weights/one.bin'), 'changed');
      expect((await rejection(ask())).message).to.match(/"weights\/one\.bin"/);
    } finally {
      await rm(other.root, { recursive: true });
    }
  });

  it('signature finds the digests of whole files where shards were signed', async () => {
    const record = await readFile(at.beside('metadata.json'));
    const annotations = annotationsOf({ name: 'tiny', version: 'v1.0', record });
    const { bundle } = await signFolder(at.file('.'), { key, subject: 'v1.0', shardBytes: 4, annotations });
    await at.registry.attachSignature('tiny', 'v1.0', bundle);
    const { warnings, ...decision } = await check(signature);
    expect(decision).to.deep.include(digests);
    expect(warnings).to.deep.equal([]);
    await writeFile(at.file('model.pt'), 'not a moddl');
    expect((await rejection(check(signature))).message).to.match(/bytes 8 to 11 of "model\.pt"/);
  });

  it('signature demands one that covers the record too: by annotations, or by a copy among the files', async () => {
    const { bundle } = await signFolder(at.file('.'), { key, subject: 'v1.0' });
    await at.registry.attachSignature('tiny', 'v1.0', bundle);
    const refused = async () => {
      const error = await rejection(check(signature));
      expect(error).to.include({ code: 'ERR_SIGNATURE_INVALID', status: 403 });
      return error.message;
    };
    expect(await refused()).to.match(
      /covers its record, but it covers its files alone.*\n.*registry sign tiny@v1\.0 --key/,
    );
    const reported = await check({ ...signature, mode: 'report' });
    expect(reported.warnings.join()).to.match(
      /would refuse it: Expected a signature of tiny v1\.0 that covers its record/,
    );
    // Some of them are none of them.
    const record = await readFile(at.beside('metadata.json'));
    const annotations = { ...annotationsOf({ name: 'tiny', version: 'v1.0', record }) };
    delete annotations['node-libtorch.record.sha256'];
    const half = await signFolder(at.file('.'), { key, subject: 'v1.0', annotations });
    await at.registry.attachSignature('tiny', 'v1.0', half.bundle);
    await refused();
    await writeFile(at.file('metadata.json'), record);
    const whole = await signFolder(at.file('.'), { key, subject: 'v1.0' });
    expect(await at.registry.attachSignature('tiny', 'v1.0', whole.bundle)).to.deep.include({
      coversRecord: true,
      warnings: [],
    });
    expect(await check(signature)).to.deep.include({ sha256: digests.sha256, warnings: [] });
    await writeFile(at.beside('metadata.json'), `${record.toString()} `);
    await refused();
    await writeFile(at.beside('metadata.json'), record.toString().replace('"yes"', '"YES"'));
    await refused();
  });

  it('signature refuses a record that changed since it was read', async () => {
    await at.registry.sign('tiny', 'v1.0', { key });
    const record = await at.registry.record('tiny', 'v1.0');
    const policy = await LoadPolicy.open(signature);
    const edited = { ...record, task: { ...record.task, labels: ['yes', 'no'] } } as typeof record;
    const error = await rejection(
      policy.check({ name: 'tiny', version: 'v1.0', record: edited, registry: at.registry }),
    );
    expect(error.message).to.match(/not to change while it is checked/);
  });

  it('signature takes FILE.sig of a file by itself, or model.sig of its folder', async () => {
    expect((await rejection(ofFile(signature))).code).to.equal('ERR_SIGNATURE_REQUIRED');
    const folder = await signFolder(at.file('.'), { key, subject: 'v1.0' });
    await writeFile(at.file('model.sig'), folder.bundle);
    expect(await ofFile(signature)).to.have.property('sha256', digests.sha256);
    expect((await rejection(ofFile(signature, 'a'.repeat(64)))).message).to.match(/\(load\.sha256\)/);
    const { bundle } = await signFolder(at.file('model.pt'), { key, subject: 'model.pt' });
    await writeFile(at.file('model.pt.sig'), bundle);
    const { signer, ...decision } = await ofFile(signature, digests.sha256);
    expect(decision).to.deep.equal({ sha256: digests.sha256, warnings: [] });
    expect(signer?.method).to.equal('key');
    await copyFile(at.file('model.pt.sig'), at.file('weights/one.bin.sig'));
    await writeFile(at.file('model.pt.sig'), '{}');
    expect((await rejection(ofFile(signature))).code).to.equal('ERR_SIGNATURE_INVALID');
  });

  it('signature leaves out the bundles that lie in a folder that was signed before, and nothing else', async () => {
    await writeFile(at.file('other.onnx'), 'another');
    const { bundle } = await signFolder(at.file('.'), { key, subject: 'v1.0' });
    await writeFile(at.file('model.sig'), bundle);
    await writeFile(at.file('model.pt.sig'), (await signFolder(at.file('model.pt'), { key, subject: 'one' })).bundle);
    const policy = await LoadPolicy.open(signature);
    const ask = () => policy.check({ file: at.file('other.onnx') });
    expect(await ask()).to.deep.include({ sha256: sha256('another') });
    for (const name of ['more.sig', 'weights/model.sig', 'model.sig.sig', '.sig', 'one.pt']) {
      await writeFile(at.file(name), 'x');
      expect((await rejection(ask())).message).to.include(`these were not: "${name}"`);
      await rm(at.file(name));
    }
    // In a program that has the bundle: the same, by whatever name it lies there.
    await rm(at.file('model.pt.sig'));
    await verifyFolder(at.file('.'), bundle, { publicKeys: [pub] });
    await writeFile(at.file('copy.sig'), bundle);
    await verifyFolder(at.file('.'), bundle, { publicKeys: [pub] });
    await writeFile(at.file('copy.sig'), bundle.replace('a', 'b'));
    expect((await rejection(verifyFolder(at.file('.'), bundle, { publicKeys: [pub] }))).message).to.match(/copy\.sig/);
  });

  it('signature decides the digests of all files that an engine may read, also where there are none', async () => {
    const { bundle } = await signFolder(at.file('model.pt'), { key, subject: 'model.pt' });
    await writeFile(at.file('model.pt.sig'), bundle);
    const policy = await LoadPolicy.open(signature);
    // What names an engine by itself is not asked for its extension.
    const { signer: _, ...decision } = await policy.check({ file: at.file('model.pt'), engine: 'onnx' });
    expect(decision).to.deep.equal({ sha256: digests.sha256, externalSha256: {}, warnings: [] });
  });

  it('report finds a file that was changed, and does not refuse it at the load', async () => {
    const { bundle } = await signFolder(at.file('model.pt'), { key, subject: 'model.pt' });
    await writeFile(at.file('model.pt.sig'), bundle);
    const report = { ...signature, mode: 'report' } as const;
    const { signer, ...decision } = await ofFile(report);
    expect([decision, signer?.method]).to.deep.equal([{ warnings: [] }, 'key']);
    await writeFile(at.file('model.pt'), 'not a moddl');
    const { warnings, ...changed } = await ofFile(report);
    expect(changed).to.deep.equal({});
    expect(warnings.join()).to.match(/would refuse it: .*it was changed or damaged/);
  });

  it('report refuses nothing, and says what it would refuse', async () => {
    const report = { ...signature, mode: 'report' } as const;
    const { warnings } = await check(report);
    expect(warnings.join()).to.match(/policy signature would refuse it: Expected a signature of tiny v1\.0/);
    await writeFile(at.beside('model.sig'), '{');
    expect((await check(report)).warnings.join()).to.match(/JSON in the bundle/);
    await rm(at.file('.'), { recursive: true });
    expect((await check(report)).warnings).to.have.length(1);
    expect((await ofFile({ require: 'sha256', mode: 'report' })).warnings).to.have.length(1);
    expect(await ofFile(report, digests.sha256)).to.have.property('sha256', digests.sha256);
  });

  it('is open only with files that can be read, and names them', async () => {
    const broken = join(at.root, 'broken.pub');
    await writeFile(broken, 'no key');
    for (const [options, message] of [
      [{ require: 'signature' }, /somebody to trust/],
      [{ publicKeys: [pub] }, /it is none, which verifies no signatures/],
      [{ require: 'sha256', certificateAuthorities: ['ca.pem'] }, /beside certificateAuthorities, but it is sha256/],
      [{ require: 'signature', publicKeys: [join(at.root, 'none.pub')] }, /none\.pub to be readable \(ENOENT\)/],
      [{ require: 'signature', publicKeys: [broken] }, /a public key in PEM in the public key .*broken\.pub/],
      [{ require: 'signature', certificateAuthorities: [broken] }, /a certificate in PEM in .*broken\.pub/],
      [{ require: 'signature', publicKeys: [key] }, /private one/],
      [{ require: 'signature', identities: ['a https://b'] }, /trustedRoot beside identities/],
      [{ require: 'signature', trustedRoot: broken }, /identities beside trustedRoot/],
      [
        { require: 'signature', identities: ['a https://b'], trustedRoot: broken },
        /Invalid trusted root in .*broken\.pub/,
      ],
    ] as [LoadPolicyOptions, RegExp][]) {
      const error = await rejection(LoadPolicy.open(options));
      expect(error.code, error.message).to.equal('ERR_CONFIG');
      expect(error.message).to.match(message);
    }
    expect((await rejection(LoadPolicy.open({ require: 'all' as never }))).code).to.equal('ERR_INVALID_ARGUMENT');
    expect((await rejection(LoadPolicy.open({ keys: [] } as never))).message).to.match(/"keys"/);
  });

  it('reads again whose signatures count, and keeps them where the files are broken', async () => {
    await at.registry.sign('tiny', 'v1.0', { key });
    const path = join(at.root, 'release.pub');
    await writeFile(path, pub);
    const policy = await LoadPolicy.open({ require: 'signature', publicKeys: [path] });
    const record = await at.registry.record('tiny', 'v1.0');
    const ask = () => policy.check({ name: 'tiny', version: 'v1.0', record, registry: at.registry });
    await writeFile(path, 'broken');
    expect((await rejection(policy.reload())).code).to.equal('ERR_CONFIG');
    await ask();
    await writeFile(path, pair().pub);
    await policy.reload();
    expect((await rejection(ask())).code).to.equal('ERR_SIGNATURE_INVALID');
  });
});
