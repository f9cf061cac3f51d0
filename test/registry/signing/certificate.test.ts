import { expect } from 'chai';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { signFolder } from '#dist/registry/signing/sign.js';
import { verifyFolder } from '#dist/registry/signing/verify.js';
import {
  authority,
  certificate,
  der,
  ecKey,
  extension,
  purposes,
  signer,
  type TestCertificate,
} from '../../support/certificates.js';
import { rejection } from '../../support/rejection.js';
import { changed, folder } from './support.js';

describe('signatures with certificates', () => {
  let root: string;
  const ca = authority('root');
  const between = authority('between', { issuer: ca });

  before(async () => (root = await folder()));
  after(() => rm(root, { recursive: true, force: true }));

  const sign = async (own: TestCertificate, ...chain: readonly TestCertificate[]): Promise<string> => {
    const certificates = [own, ...chain].map(({ pem }) => pem);
    return (await signFolder(root, { key: own.keyPem, certificates, subject: 'tiny' })).bundle;
  };
  const verify = (bundle: string, ...trusted: readonly TestCertificate[]) =>
    verifyFolder(root, bundle, { certificateAuthorities: trusted.map(({ pem }) => pem) });

  it('verify with the authority above them, on each curve, and say whose they are', async () => {
    for (const curve of ['P-256', 'P-384', 'P-521']) {
      const own = signer('me', between, { key: ecKey(curve) });
      const { signer: found } = await verify(await sign(own, between), ca);
      expect(found.method).to.equal('certificate');
      expect(found.name).to.equal('CN=me');
      expect(found.fingerprint).to.match(/^[0-9a-f]{64}$/);
    }
  });

  it('verify with an authority in the middle, and with RSA above', async () => {
    await verify(await sign(signer('me', between)), between);
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const rsa = authority('rsa', { key });
    await verify(await sign(signer('me', rsa)), authority('other'), rsa);
  });

  it('find the way among certificates in any order, with ones that do not belong there', async () => {
    const lower = authority('lower', { issuer: between });
    const own = signer('me', lower);
    await verify(await sign(own, ca, authority('stray'), lower, between), ca);
  });

  const good = signer('me', ca);
  const cases: Record<string, [chain: readonly TestCertificate[], message: RegExp]> = {
    'another authority': [[signer('me', authority('root'))], /nobody who certified it is among the trusted/],
    'a missing one between': [[signer('me', between)], /nobody who certified it/],
    'a signer that certifies itself': [
      [certificate({ name: 'me', usage: 0x80, purposes: [purposes.codeSigning] })],
      /nobody/,
    ],
    'an authority of their own': [[authority('me', { usage: 0x86 })], /nobody/],
    'one that has expired': [[signer('me', ca, { from: -10, to: -1 })], /expired at/],
    'one that is not valid yet': [[signer('me', ca, { from: 1 })], /valid only from/],
    'one whose end nobody can read': [
      [signer('me', ca, { end: der.value(0x17, Buffer.from('999999999999Z')) })],
      /dates that can be read/,
    ],
    'an authority whose end nobody can read': [
      ((odd) => [signer('me', odd), odd])(authority('odd', { issuer: ca, end: der.value(0x17, Buffer.from('soon')) })),
      /CN=odd has no dates that can be read/,
    ],
    'an authority that has expired': [
      [signer('me', authority('old', { issuer: ca, from: -9, to: -1 }))].flatMap((own) => [own]),
      /nobody/,
    ],
    'a key that is for encryption': [[signer('me', ca, { usage: 0x20 })], /KeyUsage digitalSignature/],
    'a certificate of a web server': [[signer('me', ca, { purposes: [purposes.server] })], /codeSigning/],
    'a certificate that says nothing of its use': [[certificate({ name: 'me', issuer: ca })], /digitalSignature/],
    'a critical extension that is not understood': [
      [signer('me', ca, { extensions: [extension('1.2.3.4', der.octets(), true)] })],
      /critical extension .* 1\.2\.3\.4/,
    ],
    'SHA-1': [[signer('me', ca, { hash: 'sha1' })], /weak algorithm/],
    'a signer in place of an authority': [[signer('you', good), good], /CA:FALSE/],
    'one that is called an authority, and is none': [
      ((none) => [signer('me', none), none])(
        certificate({ name: 'none', issuer: ca, authority: { is: false }, usage: 0x04 }),
      ),
      /CA:FALSE/,
    ],
    'an authority that may not certify': [
      ((weak) => [signer('me', weak), weak])(authority('weak', { issuer: ca, usage: 0x80 })),
      /may not sign certificates/,
    ],
    'an authority for web servers': [
      ((web) => [signer('me', web), web])(authority('web', { issuer: ca, purposes: [purposes.server] })),
      /not for the signing of code/,
    ],
    'an expired authority between': [
      ((old) => [signer('me', old), old])(authority('old', { issuer: ca, from: -9, to: -1 })),
      /CN=old expired/,
    ],
    'more authorities than are allowed': [
      ((short) => {
        const lower = authority('lower', { issuer: short });
        return [signer('me', lower), lower, short];
      })(authority('short', { issuer: ca, authority: { is: true, pathLength: 0 } })),
      /CN=short allows 0 authorities below it, and there are 1/,
    ],
    'a small RSA key above': [
      ((small) => [signer('me', small), small])(
        authority('small', { issuer: ca, key: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey }),
      ),
      /1024 bits/,
    ],
  };
  for (const [what, [chain, message]] of Object.entries(cases)) {
    it(`refuse ${what}`, async () => {
      const [own, ...rest] = chain;
      const error = await rejection(verify(await sign(own!, ...rest), ca));
      expect(error.code).to.equal('ERR_SIGNATURE_INVALID');
      expect(error.message).to.match(message);
    });
  }

  it('refuse a key that cannot sign models', async () => {
    const own = signer('me', ca, { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey });
    const bundle = changed(await sign(good), (json) => {
      json.verificationMaterial = {
        x509CertificateChain: { certificates: [{ rawBytes: own.raw.toString('base64') }] },
      };
    });
    expect((await rejection(verify(bundle, ca))).message).to.match(/ECDSA key on P-256/);
  });

  it('refuse the signature of somebody else under a good certificate', async () => {
    const bundle = await sign(good);
    const posing = changed(await sign(signer('thief', ca)), (json) => {
      json.verificationMaterial = (JSON.parse(bundle) as typeof json).verificationMaterial;
    });
    expect((await rejection(verify(posing, ca))).message).to.match(/CN=me, but .* it was changed/);
  });

  it('refuse what is no certificate, or has something after it', async () => {
    const bundle = await sign(good);
    for (const raw of [Buffer.from('no DER'), good.raw.subarray(0, -1), Buffer.concat([good.raw, Buffer.alloc(1)])]) {
      const bad = changed(bundle, (json) => {
        json.verificationMaterial = { x509CertificateChain: { certificates: [{ rawBytes: raw.toString('base64') }] } };
      });
      expect((await rejection(verify(bad, ca))).message).to.match(/certificate in DER/);
    }
  });

  it('refuse every flipped bit of the certificate', async () => {
    const bundle = await sign(good);
    for (let i = 0; i < good.raw.length; i++) {
      const raw = Buffer.from(good.raw);
      raw[i]! ^= 1 << (i % 8);
      const bad = changed(bundle, (json) => {
        json.verificationMaterial = { x509CertificateChain: { certificates: [{ rawBytes: raw.toString('base64') }] } };
      });
      expect((await rejection(verify(bad, ca))).code, `bit of byte ${i}`).to.equal('ERR_SIGNATURE_INVALID');
    }
  });

  it('end the search in a maze of authorities', async () => {
    const key = ecKey();
    const maze = Array.from({ length: 9 }, () => authority('maze', { key }));
    const bundle = await sign(signer('me', maze[0]!), ...maze);
    expect((await rejection(verify(bundle, ca))).message).to.match(/100 steps/);
  });

  it('refuse to trust what is no authority, naming it', async () => {
    const bundle = await sign(good);
    for (const [one, message] of [
      [good, /CN=me is none \(CA:FALSE\)/],
      [{ ...good, pem: 'not PEM -----BEGIN ' }, /certificate in PEM/],
      [{ ...good, pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }, /certificate 1 of/],
    ] as const) {
      const error = await rejection(verify(bundle, one));
      expect(error.code).to.equal('ERR_CONFIG');
      expect(error.message).to.match(message);
    }
  });

  it('are made only with the certificate of the key', async () => {
    const stray = {
      ...good,
      keyPem: createPrivateKey(ecKey().export({ type: 'pkcs8', format: 'pem' }))
        .export({ type: 'pkcs8', format: 'pem' })
        .toString(),
    };
    const error = await rejection(sign(stray));
    expect(error.code).to.equal('ERR_INVALID_ARGUMENT');
    expect(error.message).to.match(/the certificate of the private key among the certificates but received CN=me/);
  });
});
