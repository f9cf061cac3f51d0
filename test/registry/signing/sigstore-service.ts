/** Sigstore in small: an authority for short-lived certificates, a log of certificates and a log of signatures, each with a key of its own. */
import { createHash, createPublicKey, sign, X509Certificate, type KeyObject } from 'node:crypto';
import {
  authority,
  certificate,
  der,
  ecKey,
  extension,
  newSerial,
  purposes,
  toBeSigned,
  type CertificateOptions,
  type TestCertificate,
} from '../../support/certificates.js';

const digest = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const publicDer = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });
const uint = (value: number | bigint, bytes: number): Buffer =>
  Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex');

/** What a bundle needs beside its payload, as Sigstore gives it. */
export class SigstoreService {
  readonly #authority: TestCertificate = authority('fulcio', { purposes: [purposes.codeSigning] });
  readonly #certificateLog = ecKey();
  readonly #log = ecKey();
  readonly #origin = 'rekor.example.com';

  /** Its keys, as trusted_root.json has them. */
  get trustedRoot(): unknown {
    const validFor = { start: '2020-01-01T00:00:00.000Z' };
    const log = (key: KeyObject, baseUrl: string): unknown => ({
      baseUrl,
      hashAlgorithm: 'SHA2_256',
      publicKey: { rawBytes: publicDer(key).toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
      logId: { keyId: digest(publicDer(key)).toString('base64') },
    });
    return {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [log(this.#log, `https://${this.#origin}`)],
      certificateAuthorities: [
        {
          subject: { organization: 'example', commonName: 'fulcio' },
          uri: 'https://fulcio.example.com',
          certChain: { certificates: [{ rawBytes: this.#authority.raw.toString('base64') }] },
          validFor,
        },
      ],
      ctlogs: [log(this.#certificateLog, 'https://ctfe.example.com')],
      timestampAuthorities: [],
    };
  }

  /** A certificate of an identity, which the log of certificates has seen. */
  certify(identity: string, issuer: string): TestCertificate {
    const name = identity.includes('://')
      ? der.value(0x86, Buffer.from(identity))
      : der.value(0x81, Buffer.from(identity));
    const options: CertificateOptions = {
      name: 'sigstore',
      issuer: this.#authority,
      from: -1,
      to: 1,
      usage: 0x80,
      purposes: [purposes.codeSigning],
      key: ecKey(),
      serial: newSerial(),
      extensions: [
        extension('2.5.29.17', der.sequence(name), true),
        extension('1.3.6.1.4.1.57264.1.8', der.text(issuer)),
      ],
    };
    const seen = this.#seen(toBeSigned(options, options.key!, options.serial!));
    return certificate({
      ...options,
      extensions: [...options.extensions!, extension('1.3.6.1.4.1.11129.2.4.2', der.octets(seen))],
    });
  }

  /** RFC 6962: a signed timestamp of the certificate without this very timestamp. */
  #seen(tbs: Buffer): Buffer {
    const timestamp = uint(BigInt(Date.now()), 8);
    const none = uint(0, 2);
    const before = Buffer.concat([digest(publicDer(this.#authority.key)), uint(tbs.length, 3), tbs]);
    const signed = Buffer.concat([uint(0, 1), uint(0, 1), timestamp, uint(1, 2), before, none]);
    const signature = sign('sha256', signed, this.#certificateLog);
    const logId = digest(publicDer(this.#certificateLog));
    const kind = Buffer.from([4, 3]);
    const own = Buffer.concat([uint(0, 1), logId, timestamp, none, kind, uint(signature.length, 2), signature]);
    return Buffer.concat([uint(own.length + 2, 2), uint(own.length, 2), own]);
  }

  /** The material of a bundle: the certificate, and the entry of the log that holds the signature. */
  material(own: TestCertificate, payload: Buffer, signature: Buffer): Record<string, unknown> {
    const verifier = new X509Certificate(own.raw).toString();
    const body = JSON.stringify({
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        payloadHash: { algorithm: 'sha256', value: digest(payload).toString('hex') },
        signatures: [{ signature: signature.toString('base64'), verifier: Buffer.from(verifier).toString('base64') }],
      },
    });
    const logId = digest(publicDer(this.#log));
    const canonicalizedBody = Buffer.from(body).toString('base64');
    const integratedTime = Math.floor(Date.now() / 1000);
    // Members in alphabetical order, as RFC 8785 wants them.
    const promised = { body: canonicalizedBody, integratedTime, logID: logId.toString('hex'), logIndex: 7 };
    const rootHash = digest(Buffer.from([0]), body).toString('base64');
    const note = `${this.#origin}\n1\n${rootHash}\n`;
    const noted = Buffer.concat([logId.subarray(0, 4), sign('sha256', Buffer.from(note), this.#log)]).toString(
      'base64',
    );
    return {
      certificate: { rawBytes: own.raw.toString('base64') },
      tlogEntries: [
        {
          logIndex: '7',
          logId: { keyId: logId.toString('base64') },
          kindVersion: { kind: 'dsse', version: '0.0.1' },
          integratedTime: String(integratedTime),
          inclusionPromise: {
            signedEntryTimestamp: sign('sha256', Buffer.from(JSON.stringify(promised)), this.#log).toString('base64'),
          },
          inclusionProof: {
            logIndex: '0',
            rootHash,
            treeSize: '1',
            hashes: [],
            checkpoint: { envelope: `${note}\n\u2014 ${this.#origin} ${noted}\n` },
          },
          canonicalizedBody,
        },
      ],
    };
  }
}
