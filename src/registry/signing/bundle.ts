/**
 * The file of a signature: a Sigstore bundle around a DSSE envelope, as OpenSSF Model Signing v1.0 profiles it.
 * https://github.com/ossf/model-signing-spec, https://github.com/sigstore/protobuf-specs (sigstore_bundle.proto)
 */
import { anything, array, base64, invalid, object, oneOf, parseJson, text } from './form.js';

/** That of 10,000 files has about 2 MiB. JSON is parsed in one go, and so much of it holds the event loop for some 50 ms. */
export const maxBundleBytes = 8 * 2 ** 20;

/** How the bundle says who signed. */
export type SigningMethod = 'key' | 'certificate' | 'sigstore';

export interface Bundle {
  readonly method: SigningMethod;
  /** `key`: which key the signer says it was. Nobody vouches for it. */
  readonly hint: string | undefined;
  /** `certificate`: the signer's own first, DER. */
  readonly certificates: readonly Buffer[];
  /** The bytes that were signed. */
  readonly payload: Buffer;
  readonly signatures: readonly Buffer[];
  /** The whole of it as JSON, for who reads Sigstore's own parts. */
  readonly json: unknown;
}

export const payloadType = 'application/vnd.in-toto+json';
const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Versions 0.1 to 0.3 of Sigstore's bundle differ in nothing that is read here. */
const mediaTypes = [
  mediaType,
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
  'application/vnd.dev.sigstore.bundle+json;version=0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.1',
] as const;

const maxCertificates = 10;
const maxSignatures = 16;

const certificate = object({ rawBytes: base64 }, {}, 'open');
const entry = object(
  {},
  { logIndex: text(), canonicalizedBody: text(), inclusionProof: object({}, {}, 'open') },
  'open',
);

const form = object({
  mediaType: oneOf(...mediaTypes),
  verificationMaterial: object(
    {},
    {
      // Bundles before v1.1.0 had the key itself (rawBytes) in place of the hint. It proves nothing, so it is not read.
      publicKey: object({}, { hint: text(), rawBytes: text() }, 'open'),
      x509CertificateChain: object({ certificates: array(certificate, 1, maxCertificates) }, {}, 'open'),
      certificate,
      tlogEntries: array(entry, 0, 64),
      timestampVerificationData: object({}, { rfc3161Timestamps: array(object({}, {}, 'open'), 0, 64) }, 'open'),
    },
  ),
  dsseEnvelope: object({
    payload: base64,
    payloadType: oneOf(payloadType),
    signatures: array(object({ sig: base64 }, { keyid: anything }), 1, maxSignatures),
  }),
});

/**
 * Reads a bundle. Its form is checked, its signature is not.
 * @throws ERR_SIGNATURE_INVALID with the place and what was expected there
 */
export function parseBundle(content: string | Uint8Array): Bundle {
  const bytes = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
  if (bytes > maxBundleBytes) {
    throw invalid(`Expected a bundle of at most ${maxBundleBytes} bytes but it has ${bytes}`);
  }
  const json = parseJson(utf8(content, 'the bundle'), 'the bundle');
  const { verificationMaterial, dsseEnvelope } = form(json, 'bundle');
  const { publicKey, x509CertificateChain, certificate: own, tlogEntries = [] } = verificationMaterial;
  const named = { publicKey, x509CertificateChain, certificate: own };
  const present = Object.entries(named).filter(([, value]) => value !== undefined);
  if (present.length !== 1) {
    const found = present.length === 0 ? 'none' : present.map(([name]) => name).join(' and ');
    throw invalid(
      `Expected one of publicKey, x509CertificateChain and certificate at bundle/verificationMaterial but received ${found}`,
    );
  }
  if (publicKey && publicKey.hint === undefined && publicKey.rawBytes === undefined) {
    throw invalid('Expected the member "hint" at bundle/verificationMaterial/publicKey but there is none');
  }
  if (own && tlogEntries.length === 0) {
    throw invalid('Expected at least one entry at bundle/verificationMaterial/tlogEntries beside a certificate');
  }
  for (const [i, { keyid }] of dsseEnvelope.signatures.entries()) {
    if (keyid === undefined || keyid === null || typeof keyid === 'string') continue;
    throw invalid(`Expected a text or null at bundle/dsseEnvelope/signatures/${i}/keyid`);
  }
  return {
    method: publicKey ? 'key' : own ? 'sigstore' : 'certificate',
    hint: publicKey?.hint,
    certificates: (x509CertificateChain?.certificates ?? []).map(({ rawBytes }) => rawBytes),
    payload: dsseEnvelope.payload,
    signatures: dsseEnvelope.signatures.map(({ sig }) => sig),
    json,
  };
}

/** Text, of bytes that are UTF-8. @throws ERR_SIGNATURE_INVALID */
export function utf8(content: string | Uint8Array, what: string): string {
  if (typeof content === 'string') return content;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw invalid(`Expected UTF-8 in ${what}`, cause);
  }
}

/** The text of a bundle, on one line. */
export function bundleText(verificationMaterial: unknown, payload: Buffer, signature: Buffer): string {
  const dsseEnvelope = {
    payload: payload.toString('base64'),
    payloadType,
    signatures: [{ sig: signature.toString('base64'), keyid: '' }],
  };
  return JSON.stringify({ mediaType, verificationMaterial, dsseEnvelope });
}
