import { expect } from 'chai';
import { cp, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { takeLock } from '#dist/registry/store/lock.js';
import { signFolder } from '#dist/registry/signing/sign.js';
import { rejection } from '../../support/rejection.js';
import { testRegistry, type TestRegistry } from './registry.js';
import { pair, parsed, statementOf } from './support.js';

describe('signatures of versions', () => {
  let at: TestRegistry;
  const { key, pub } = pair();
  const trust = { publicKeys: [pub] };
  const sign = () => at.registry.sign('tiny', 'v1.0', { key });
  const verify = () => at.registry.verifySignature('tiny', 'v1.0', trust);
  const refused = async (): Promise<string> => {
    const error = await rejection(verify());
    expect(error.code, error.message).to.equal('ERR_SIGNATURE_INVALID');
    return error.message;
  };

  beforeEach(async () => (at = await testRegistry()));
  afterEach(() => rm(at.root, { recursive: true, force: true }));

  it('are written beside the record, and cover files and record', async () => {
    const { bundle, warnings } = await sign();
    expect(await readFile(at.beside('model.sig'), 'utf8')).to.equal(bundle);
    expect(warnings).to.deep.equal([]);
    const verified = await verify();
    expect([...verified.files.keys()]).to.deep.equal(['model.pt', 'weights/one.bin']);
    expect(verified).to.include({ coversRecord: true });
    expect(verified.signer?.method).to.equal('key');
    const { subject } = statementOf(parsed(bundle));
    expect(subject[0]!.name).to.equal('tiny@v1.0');
    expect(subject[0]!.annotations).to.have.all.keys(
      'node-libtorch.name',
      'node-libtorch.version',
      'node-libtorch.record.sha256',
    );
  });

  it('may be made again, with another key', async () => {
    await sign();
    const other = pair();
    await at.registry.sign('tiny', 'v1.0', { key: other.key });
    expect(await refused()).to.match(/none of them/);
    await at.registry.verifySignature('tiny', 'v1.0', { publicKeys: [other.pub] });
  });

  it('take an alias, and refuse a version that is not there', async () => {
    await at.registry.setAlias('tiny', 'champion', 'v1.0');
    await at.registry.sign('tiny', 'champion', { key });
    await at.registry.verifySignature('tiny', 'champion', trust);
    expect((await rejection(at.registry.sign('tiny', 'v9', { key }))).code).to.equal('ERR_VERSION_NOT_FOUND');
  });

  it('are required where there are none', async () => {
    const error = await rejection(verify());
    expect(error.code).to.equal('ERR_SIGNATURE_REQUIRED');
    expect(error.message).to.match(/registry sign tiny@v1\.0 --key/);
  });

  it('end with an edited record, if only by a space', async () => {
    await sign();
    const record = await readFile(at.beside('metadata.json'), 'utf8');
    await writeFile(at.beside('metadata.json'), `${record} `);
    expect(await refused()).to.match(/record of tiny v1\.0 as it was signed/);
    await writeFile(at.beside('metadata.json'), record.replace('"yes"', '"YES"'));
    expect(await refused()).to.match(/it was changed/);
    await writeFile(at.beside('metadata.json'), record);
    await verify();
  });

  it('are of one version of one model: that of another is refused', async () => {
    await sign();
    const bundle = await readFile(at.beside('model.sig'));
    const [next, other] = [await testRegistry('v2.0'), await testRegistry('v1.0')];
    try {
      await writeFile(next.beside('model.sig'), bundle);
      const error = await rejection(next.registry.verifySignature('tiny', 'v2.0', trust));
      expect(error.message).to.match(/of tiny v2\.0, but it is of another version: "v1\.0"/);
      // The same version of the same model by another name.
      await rename(`${other.root}/records/tiny`, `${other.root}/records/big`);
      await rename(`${other.root}/models/tiny`, `${other.root}/models/big`);
      const record = await readFile(`${other.root}/records/big/v1.0/metadata.json`, 'utf8');
      await writeFile(`${other.root}/records/big/v1.0/metadata.json`, record.replace('"tiny"', '"big"'));
      await writeFile(`${other.root}/records/big/v1.0/model.sig`, bundle);
      const named = await rejection(other.registry.verifySignature('big', 'v1.0', trust));
      expect(named.message).to.match(/another name: "tiny"/);
    } finally {
      for (const { root } of [next, other]) await rm(root, { recursive: true });
    }
  });

  it('end with a changed, missing or additional file', async () => {
    await sign();
    await writeFile(at.file('weights/one.bin'), 'weights beside him');
    expect(await refused()).to.match(/weights\/one\.bin/);
    await rm(at.file('weights/one.bin'));
    expect(await refused()).to.match(/missing/);
    await writeFile(at.file('weights/one.bin'), 'weights beside it');
    await writeFile(at.file('extra.so'), '');
    expect(await refused()).to.match(/"extra\.so"/);
    await rm(at.file('extra.so'));
    await verify();
  });

  it('are not made of files that are not those of the record', async () => {
    await writeFile(at.file('model.pt'), 'not the model');
    const error = await rejection(sign());
    expect(error.code).to.equal('ERR_INTEGRITY');
    expect(error.message).to.match(/model\.pt of tiny v1\.0 to have sha256/);
    await rm(at.file('weights/one.bin'));
    await writeFile(at.file('model.pt'), 'not a model');
    expect((await rejection(sign())).message).to.match(/weights\/one\.bin .* among the signed files/);
    expect(await rejection(stat(at.beside('model.sig')))).to.have.property('code', 'ENOENT');
  });

  it('of elsewhere are attached once they fit the files, and say that the record is not covered', async () => {
    const { bundle } = await signFolder(at.file('.'), { key, subject: 'v1.0' });
    await writeFile(at.file('model.pt'), 'not the model');
    expect((await rejection(at.registry.attachSignature('tiny', 'v1.0', bundle))).code).to.equal(
      'ERR_SIGNATURE_INVALID',
    );
    expect(await rejection(stat(at.beside('model.sig')))).to.have.property('code', 'ENOENT');
    await writeFile(at.file('model.pt'), 'not a model');
    const other = { trust: { publicKeys: [pair().pub] } };
    expect((await rejection(at.registry.attachSignature('tiny', 'v1.0', bundle, other))).message).to.match(
      /none of them/,
    );
    const attached = await at.registry.attachSignature('tiny', 'v1.0', bundle);
    expect(attached.signer).to.equal(undefined);
    const verified = await verify();
    expect(verified.coversRecord).to.equal(false);
    expect(verified.warnings.join()).to.match(/and not its record/);
  });

  it('are verified as a bundle of elsewhere, without being written', async () => {
    const { bundle } = await signFolder(at.file('.'), { key, subject: 'v1.0' });
    const { signer } = await at.registry.verifySignature('tiny', 'v1.0', trust, { bundle });
    expect(signer?.method).to.equal('key');
    expect((await rejection(verify())).code).to.equal('ERR_SIGNATURE_REQUIRED');
  });

  it('are no links out of the registry, no folders and not endlessly long', async () => {
    await sign();
    await rename(at.beside('model.sig'), `${at.root}/elsewhere.sig`);
    await symlink(`${at.root}/elsewhere.sig`, at.beside('model.sig'));
    expect(await refused()).to.match(/links out of it/);
    await rm(at.beside('model.sig'));
    await mkdir(at.beside('model.sig'));
    expect(await refused()).to.match(/regular file/);
    await rm(at.beside('model.sig'), { recursive: true });
    await writeFile(at.beside('model.sig'), Buffer.alloc(9 * 2 ** 20));
    expect(await refused()).to.match(/at most \d+ bytes/);
  });

  it('wait for another writer no longer than a signal says', async () => {
    const lock = await takeLock(`${at.root}/records/.lock`);
    try {
      const { bundle } = await signFolder(at.file('.'), { key, subject: 'v1.0' });
      for (const work of [
        (signal: AbortSignal) => at.registry.sign('tiny', 'v1.0', { key, signal }),
        (signal: AbortSignal) => at.registry.attachSignature('tiny', 'v1.0', bundle, { signal }),
      ]) {
        const stop = new AbortController();
        const waiting = rejection(work(stop.signal));
        setTimeout(() => stop.abort(new Error('enough')), 300);
        expect((await waiting).message).to.equal('enough');
      }
    } finally {
      await lock?.release();
    }
    await sign();
  }).timeout(30_000);

  it('do not follow a version that is a link to another place', async () => {
    await sign();
    await cp(at.file('.'), `${at.root}/copy`, { recursive: true });
    await rm(at.file('model.pt'));
    await symlink(`${at.root}/copy/model.pt`, at.file('model.pt'));
    expect(await refused()).to.match(/symbolic links/);
  });
});
