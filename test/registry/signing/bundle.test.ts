import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBundle } from '#dist/registry/signing/bundle.js';
import { parseStatement } from '#dist/registry/signing/statement.js';
import { root } from '../../support/paths.js';

const vectors = join(root, '../shared/reference/oms/test-vectors/v1.0');

/** Checks the form of a bundle, and of what is in it. */
const check = (content: string | Uint8Array): unknown => parseStatement(parseBundle(content));

const payload = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'tiny', digest: { sha256: '5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456' } }],
  predicateType: 'https://model_signing/signature/v1.0',
  predicate: {
    resources: [
      { name: 'a', algorithm: 'sha256', digest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    ],
    serialization: {
      method: 'files',
      hash_type: 'sha256',
      allow_symlinks: false,
      ignore_paths: ['.git', '../model.sig'],
    },
  },
};
const material = {
  key: { publicKey: { hint: 'e8450dec' }, tlogEntries: [] },
  certificate: { x509CertificateChain: { certificates: [{ rawBytes: 'AAAA' }] } },
  sigstore: { certificate: { rawBytes: 'AAAA' }, tlogEntries: [{ logIndex: '1', more: true }] },
};
const envelope = {
  payload: Buffer.from(JSON.stringify(payload)).toString('base64'),
  payloadType: 'application/vnd.in-toto+json',
  signatures: [{ sig: 'AAAA', keyid: '' }],
};
const bundle = (more: object = {}, inEnvelope: object = {}) => ({
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: material.key as unknown,
  dsseEnvelope: { ...envelope, ...inEnvelope },
  ...more,
});

describe('the form of signatures', () => {
  it('is that of the vectors of the specification: 3 are accepted, 5 refused', function () {
    if (!existsSync(vectors)) this.skip();
    const verdicts = readdirSync(vectors, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => {
        try {
          check(readFileSync(join(vectors, name)));
          return [name, true];
        } catch (error) {
          expect((error as { code: unknown }).code, name).to.equal('ERR_SIGNATURE_INVALID');
          return [name, false];
        }
      });
    expect(Object.fromEntries(verdicts)).to.deep.equal({
      'invalid-payload/wrong-predicate.bundle.json': false,
      'invalid/empty.bundle.json': false,
      'invalid/missing-envelope.bundle.json': false,
      'invalid/missing-tlog-entries.bundle.json': false,
      'invalid/missing-verification-material.bundle.json': false,
      'valid/certificate.bundle.json': true,
      'valid/key.bundle.json': true,
      'valid/sigstore.bundle.json': true,
    });
  });

  const accepted: Record<string, object> = {
    'a key': bundle(),
    'a certificate': bundle({ verificationMaterial: material.certificate }),
    'an identity of Sigstore': bundle({ verificationMaterial: material.sigstore }),
    'a key from before v1.1.0': bundle({ verificationMaterial: { publicKey: { rawBytes: 'AAAA' } } }),
    'an older version of Sigstore’s bundle': bundle({
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    }),
    'no keyid': bundle({}, { signatures: [{ sig: 'AAAA' }] }),
    'no name for the key': bundle({}, { signatures: [{ sig: 'AAAA', keyid: null }] }),
    'what Sigstore adds to its entries': bundle({
      verificationMaterial: {
        ...material.sigstore,
        timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: 'AAAA' }] },
      },
    }),
  };
  for (const [what, json] of Object.entries(accepted)) {
    it(`may have ${what}`, () => void check(JSON.stringify(json)));
  }

  const deep = '['.repeat(200_000);
  const refused: Record<string, [content: object | string | Uint8Array, message: RegExp]> = {
    nothing: ['', /JSON in the bundle/],
    'no JSON': ['{', /JSON in the bundle/],
    'no object': [[], /an object at bundle/],
    'no UTF-8': [Buffer.from([0x22, 0xff, 0x22]), /UTF-8/],
    'no bundle in it': [{}, /"mediaType" at bundle/],
    'JSON that is endlessly deep': [deep, /JSON in the bundle|an object/],
    'more than a bundle may have': [Buffer.alloc(9 * 2 ** 20, ' '), /at most \d+ bytes/],
    'another media type': [bundle({ mediaType: 'application/json' }), /bundle\/mediaType/],
    'a version that is not known': [
      bundle({ mediaType: 'application/vnd.dev.sigstore.bundle.v1.0+json' }),
      /mediaType/,
    ],
    'a member that is not known': [bundle({ more: 1 }), /"more"/],
    'a message, and no envelope': [
      bundle({ dsseEnvelope: undefined, messageSignature: {} }),
      /"messageSignature"|"dsseEnvelope"/,
    ],
    'no material': [bundle({ verificationMaterial: undefined }), /"verificationMaterial"/],
    'material of nobody': [bundle({ verificationMaterial: { tlogEntries: [] } }), /received none/],
    'material of two methods': [
      bundle({ verificationMaterial: { ...material.key, ...material.certificate } }),
      /received publicKey and x509CertificateChain/,
    ],
    'a member of the material that is not known': [
      bundle({ verificationMaterial: { ...material.key, ulogEntries: [] } }),
      /"ulogEntries"/,
    ],
    'a key that is not named': [bundle({ verificationMaterial: { publicKey: {} } }), /"hint"/],
    'an empty name of a key': [bundle({ verificationMaterial: { publicKey: { hint: '' } } }), /hint/],
    'no certificates': [
      bundle({ verificationMaterial: { x509CertificateChain: { certificates: [] } } }),
      /an array of 1 to 10/,
    ],
    'too many certificates': [
      bundle({
        verificationMaterial: { x509CertificateChain: { certificates: Array(11).fill({ rawBytes: 'AAAA' }) } },
      }),
      /an array of 1 to 10/,
    ],
    'a certificate without entries': [
      bundle({ verificationMaterial: { ...material.sigstore, tlogEntries: [] } }),
      /tlogEntries/,
    ],
    'entries that are no objects': [
      bundle({ verificationMaterial: { ...material.key, tlogEntries: [1] } }),
      /tlogEntries\/0/,
    ],
    'another type of payload': [bundle({}, { payloadType: 'application/json' }), /payloadType/],
    'no payload': [bundle({}, { payload: '' }), /payload/],
    'a payload that is no base64': [
      bundle({}, { payload: `${envelope.payload}!` }),
      /base64 .* at bundle\/dsseEnvelope\/payload/,
    ],
    'base64 with line breaks': [bundle({}, { payload: envelope.payload.replace(/.{40}/, '$&\n') }), /base64/],
    'base64 without its padding': [bundle({}, { signatures: [{ sig: 'AA' }] }), /base64/],
    'base64 of URLs': [bundle({}, { signatures: [{ sig: '-_-_' }] }), /base64/],
    'base64 with bits that say nothing': [bundle({}, { signatures: [{ sig: 'AB==' }] }), /base64/],
    'no signatures': [bundle({}, { signatures: [] }), /an array of 1 to 16/],
    'too many signatures': [bundle({}, { signatures: Array(17).fill({ sig: 'AAAA' }) }), /an array of 1 to 16/],
    'a signature that is none': [bundle({}, { signatures: ['AAAA'] }), /signatures\/0/],
    'a keyid that is no text': [bundle({}, { signatures: [{ sig: 'AAAA', keyid: 5 }] }), /keyid/],
    'a member of a signature that is not known': [bundle({}, { signatures: [{ sig: 'AAAA', cert: '' }] }), /"cert"/],
    'a member of the envelope that is not known': [bundle({}, { extra: 1 }), /"extra"/],
  };
  for (const [what, [content, message]] of Object.entries(refused)) {
    it(`may not have ${what}`, () => {
      const isText = typeof content === 'string' || content instanceof Uint8Array;
      expect(() => check(isText ? content : JSON.stringify(content)))
        .to.throw(message)
        .with.property('code', 'ERR_SIGNATURE_INVALID');
    });
  }
});
