/** Certificates of any kind, good and bad, made with a writer of DER. */
import { createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export const der = {
  value(tag: number, ...parts: readonly Uint8Array[]): Buffer {
    const content = Buffer.concat(parts);
    const { length } = content;
    const digits = length < 0x80 ? [] : [...Buffer.from(length.toString(16).padStart(8, '0'), 'hex')];
    while (digits[0] === 0) digits.shift();
    const head = digits.length === 0 ? [length] : [0x80 | digits.length, ...digits];
    return Buffer.concat([Buffer.from([tag, ...head]), content]);
  },
  sequence: (...parts: readonly Uint8Array[]) => der.value(0x30, ...parts),
  set: (...parts: readonly Uint8Array[]) => der.value(0x31, ...parts),
  octets: (...parts: readonly Uint8Array[]) => der.value(4, ...parts),
  bits: (...parts: readonly Uint8Array[]) => der.value(3, Buffer.from([0]), ...parts),
  text: (text: string) => der.value(12, Buffer.from(text)),
  integer: (value: number | Buffer) => der.value(2, typeof value === 'number' ? Buffer.from([value]) : value),
  boolean: (value: boolean) => der.value(1, Buffer.from([value ? 0xff : 0])),
  /** The form for years from 2050 on, which readers take for all years but the earlier ones. */
  time(date: Date): Buffer {
    const digits = date.toISOString().replace(/\D/g, '').slice(0, 14);
    return date.getUTCFullYear() < 2050
      ? der.value(0x17, Buffer.from(`${digits.slice(2)}Z`))
      : der.value(0x18, Buffer.from(`${digits}Z`));
  },
  oid(dotted: string): Buffer {
    const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
    const arcs = [first * 40 + second, ...rest].flatMap((arc) => {
      const digits = [arc % 128];
      for (let more = Math.floor(arc / 128); more > 0; more = Math.floor(more / 128))
        digits.unshift((more % 128) | 128);
      return digits;
    });
    return der.value(6, Buffer.from(arcs));
  },
};

export interface TestCertificate {
  readonly name: string;
  readonly key: KeyObject;
  readonly raw: Buffer;
  readonly pem: string;
  /** PEM of the private key. */
  readonly keyPem: string;
}

export interface CertificateOptions {
  readonly name: string;
  /** Default: itself. */
  readonly issuer?: TestCertificate;
  /** Days from now. */
  readonly from?: number;
  readonly to?: number;
  /** The end as it is written, whatever that means. */
  readonly end?: Buffer;
  /** Left out: no BasicConstraints. */
  readonly authority?: { readonly is: boolean; readonly pathLength?: number };
  /** Bits: 0x80 signatures, 0x04 certificates, 0x20 keys. Left out: no KeyUsage. */
  readonly usage?: number;
  readonly purposes?: readonly string[];
  readonly key?: KeyObject;
  readonly hash?: 'sha1' | 'sha256';
  readonly serial?: Buffer;
  /** Extensions as they are. */
  readonly extensions?: readonly Buffer[];
}

export const purposes = { codeSigning: '1.3.6.1.5.5.7.3.3', server: '1.3.6.1.5.5.7.3.1', any: '2.5.29.37.0' };

export const extension = (id: string, content: Buffer, critical = false): Buffer =>
  der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octets(content));

export const ecKey = (curve = 'P-256'): KeyObject => generateKeyPairSync('ec', { namedCurve: curve }).privateKey;

const named = (name: string): Buffer => der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.text(name))));

const algorithms = {
  ec: { sha256: '1.2.840.10045.4.3.2', sha1: '1.2.840.10045.4.1' },
  rsa: { sha256: '1.2.840.113549.1.1.11', sha1: '1.2.840.113549.1.1.5' },
};

/** One for all, so that the same options make the same bytes. */
const now = Date.now();

/** The part of a certificate that is signed. */
export function toBeSigned(options: CertificateOptions, key: KeyObject, serial: Buffer): Buffer {
  const { name, issuer, from = -1, to = 3650, authority, usage, purposes: eku, extensions = [] } = options;
  const day = (days: number): Buffer => der.time(new Date(now + days * 86_400_000));
  const list = [
    ...(authority
      ? [
          extension(
            '2.5.29.19',
            der.sequence(
              ...(authority.is ? [der.boolean(true)] : []),
              ...(authority.pathLength === undefined ? [] : [der.integer(authority.pathLength)]),
            ),
            true,
          ),
        ]
      : []),
    ...(usage === undefined ? [] : [extension('2.5.29.15', der.bits(Buffer.from([usage])), true)]),
    ...(eku ? [extension('2.5.29.37', der.sequence(...eku.map((one) => der.oid(one))))] : []),
    ...extensions,
  ];
  return der.sequence(
    der.value(0xa0, der.integer(2)),
    der.integer(serial),
    algorithmOf(options, issuer?.key ?? key),
    named(issuer?.name ?? name),
    der.sequence(day(from), options.end ?? day(to)),
    named(name),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    ...(list.length > 0 ? [der.value(0xa3, der.sequence(...list))] : []),
  );
}

function algorithmOf({ hash = 'sha256' }: CertificateOptions, key: KeyObject): Buffer {
  const type = key.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec';
  return der.sequence(der.oid(algorithms[type][hash]), ...(type === 'rsa' ? [der.value(5)] : []));
}

export const newSerial = (): Buffer => Buffer.concat([Buffer.from([1]), randomBytes(8)]);

/** A certificate, signed by its issuer or by itself. */
export function certificate(options: CertificateOptions): TestCertificate {
  const { name, issuer, key = ecKey(), hash = 'sha256' } = options;
  const { serial = newSerial() } = options;
  const tbs = toBeSigned(options, key, serial);
  const signer = issuer?.key ?? key;
  const raw = der.sequence(tbs, algorithmOf(options, signer), der.bits(sign(hash, tbs, signer)));
  return {
    ...{ name, key, raw },
    pem: pemOf(raw),
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const pemOf = (raw: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(raw.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;

/** An authority as most are. */
export const authority = (name: string, more: Partial<CertificateOptions> = {}): TestCertificate =>
  certificate({ name, authority: { is: true }, usage: 0x06, ...more });

/** A signer as most are. */
export const signer = (
  name: string,
  issuer: TestCertificate,
  more: Partial<CertificateOptions> = {},
): TestCertificate => certificate({ name, issuer, usage: 0x80, purposes: [purposes.codeSigning], ...more });
