import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signPayload } from '#dist/registry/signing/dsse.js';
import { signFolder } from '#dist/registry/signing/sign.js';
import { verifyBundle, verifyFolder } from '#dist/registry/signing/verify.js';
import { openTrust } from '#dist/registry/signing/trust.js';
import { node } from '../../support/child.js';
import { root as packageRoot } from '../../support/paths.js';
import { rejection } from '../../support/rejection.js';
import { SigstoreService } from './sigstore-service.js';
import { changed, folder, pair, parsed, type BundleJson } from './support.js';

const identity = 'release@example.com';
const issuer = 'https://accounts.example.com';

describe('signatures by Sigstore', () => {
  const service = new SigstoreService();
  let root: string;
  let trustedRoot: string;

  before(async () => {
    root = await folder();
    trustedRoot = `${root}-trusted_root.json`;
    await writeFile(trustedRoot, JSON.stringify(service.trustedRoot));
  });
  after(async () => {
    await rm(root, { recursive: true });
    await rm(trustedRoot);
  });

  const sign = async (who = identity, from: SigstoreService = service): Promise<string> => {
    const { bundle } = await signFolder(root, { key: pair().key, subject: 'tiny' });
    const own = from.certify(who, issuer);
    return changed(bundle, (json) => {
      const payload = Buffer.from(json.dsseEnvelope.payload, 'base64');
      const signature = signPayload(payload, own.key);
      json.dsseEnvelope.signatures = [{ sig: signature.toString('base64') }];
      json.verificationMaterial = from.material(own, payload, signature);
    });
  };
  const verify = (bundle: string, identities: readonly string[] = [`${identity} ${issuer}`]) =>
    verifyFolder(root, bundle, { identities, trustedRoot });
  const refused = async (verification: Promise<unknown>): Promise<string> => {
    const error = await rejection(verification);
    expect(error.code, error.message).to.equal('ERR_SIGNATURE_INVALID');
    return error.message;
  };

  it('verify for the identity and the issuer that are trusted', async () => {
    const { signer, files } = await verify(await sign());
    expect(signer).to.deep.equal({ method: 'sigstore', name: identity, issuer });
    expect(files.size).to.equal(3);
    const workflow = 'https://github.com/org/repo/.github/workflows/release.yml@refs/tags/v1';
    await verify(await sign(workflow), [`${identity} ${issuer}`, `${workflow} ${issuer}`]);
  });

  it('refuse another identity or issuer, one that only contains it, and one that matches it as a pattern', async () => {
    const bundle = await sign();
    for (const other of [
      `other@example.com ${issuer}`,
      `${identity} https://other.example.com`,
      `release@example ${issuer}`,
      `.* ${issuer}`,
      `rele.se@example.com ${issuer}`,
    ]) {
      expect(await refused(verify(bundle, [other])), other).to.match(/but it is by release@example\.com/);
    }
    expect(await refused(verify(await sign(`x${identity}`)))).to.match(/by xrelease@example\.com/);
  });

  it('refuse what another Sigstore has vouched for', async () => {
    expect(await refused(verify(await sign(identity, new SigstoreService())))).to.match(/logs and authorities/);
  });

  it('refuse a changed file, payload, signature, entry or certificate', async () => {
    const bundle = await sign();
    const stranger = await sign();
    const first = (json: BundleJson): Record<string, unknown> =>
      (json.verificationMaterial.tlogEntries as Record<string, unknown>[])[0]!;
    const changes: Record<string, (json: BundleJson) => unknown> = {
      payload: (json) => {
        const text = Buffer.from(json.dsseEnvelope.payload, 'base64').toString().replace('tiny', 'tinz');
        json.dsseEnvelope.payload = Buffer.from(text).toString('base64');
      },
      signature: (json) => void (json.dsseEnvelope.signatures = parsed(stranger).dsseEnvelope.signatures),
      'two signatures': (json) => void json.dsseEnvelope.signatures.push(...parsed(stranger).dsseEnvelope.signatures),
      entry: (json) => void (json.verificationMaterial.tlogEntries = parsed(stranger).verificationMaterial.tlogEntries),
      certificate: (json) =>
        void (json.verificationMaterial.certificate = parsed(stranger).verificationMaterial.certificate),
      time: (json) => void (first(json).integratedTime = '1600000000'),
      promise: (json) => void (first(json).inclusionPromise = { signedEntryTimestamp: 'AAAA' }),
      proof: (json) => void Object.assign(first(json).inclusionProof as object, { checkpoint: { envelope: 'a\n\nb' } }),
      'no entry': (json) => void (json.verificationMaterial.tlogEntries = []),
      'an entry of nothing': (json) => void (json.verificationMaterial.tlogEntries = [{}]),
    };
    for (const [what, change] of Object.entries(changes)) {
      expect(await refused(verify(changed(bundle, change))), what).to.match(/Expected/);
    }
    await writeFile(join(root, 'model.pt'), 'b model');
    expect(await refused(verify(bundle))).to.match(/"model\.pt"/);
    await writeFile(join(root, 'model.pt'), 'a model');
    await verify(bundle);
  });

  it('refuse where only keys are trusted', async () => {
    expect(await refused(verifyFolder(root, await sign(), { publicKeys: [pair().pub] }))).to.match(/no identities/);
  });

  it('refuse the bundle of the specification, whose keys are not these', async function () {
    const vector = join(packageRoot, '../shared/reference/oms/test-vectors/v1.0/valid/sigstore.bundle.json');
    if (!existsSync(vector)) this.skip();
    const trust = await openTrust({ identities: [`${identity} ${issuer}`], trustedRoot });
    expect(await refused(verifyBundle(readFileSync(vector), trust))).to.match(/logs and authorities/);
  });

  it('need a trusted root that can be read', async () => {
    const bundle = await sign();
    const good = service.trustedRoot as { tlogs: { publicKey: object }[]; certificateAuthorities: object[] };
    for (const [content, message] of [
      ['{', /JSON in/],
      [JSON.stringify({ ...good, tlogs: [] }), /trusted root\/tlogs/],
      [JSON.stringify({ ...good, certificateAuthorities: [{}] }), /certificateAuthorities\/0/],
      [
        JSON.stringify({ ...good, ctlogs: [{ ...good.tlogs[0], publicKey: { rawBytes: 'AAAA' } }] }),
        /that can be read/,
      ],
    ] as const) {
      const path = `${root}-broken.json`;
      await writeFile(path, content);
      const error = await rejection(
        verifyFolder(root, bundle, { identities: [`${identity} ${issuer}`], trustedRoot: path }),
      );
      expect([error.code, error.message].join(' ')).to.match(/^ERR_CONFIG Invalid trusted root in .*broken\.json/);
      expect(error.message).to.match(message);
      await rm(path);
    }
  });

  it('say what to install where the libraries are not there', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      import { register } from 'node:module';
      const source = 'export function resolve(name, context, next) { if (name.startsWith("@sigstore/")) { const error = new Error("Cannot find package \\'" + name + "\\'"); error.code = "ERR_MODULE_NOT_FOUND"; throw error; } return next(name, context); }';
      register('data:text/javascript,' + encodeURIComponent(source));
      const { LoadPolicy } = await import('node-libtorch');
      await LoadPolicy.open({ require: 'signature', identities: ['a https://b'], trustedRoot: ${JSON.stringify(trustedRoot)} })
        .catch((error) => console.log(error.code, error.message));`.replace(/^.*registerHooks.*\n/m, '');
    const { stdout, stderr } = await node(['--input-type=module', '-e', script]);
    expect(stdout, stderr).to.match(/^ERR_SIGSTORE_NOT_FOUND .*not installed\n {2}fix: npm install @sigstore\/verify/);
  });
});
