/** Certificates: what each may be used for. RFC 5280, as far as signing goes. */
import { X509Certificate } from 'node:crypto';
import { torchError } from '../../errors.js';
import { derContent, derOid, derSmallInteger, derTags, derValues } from './der.js';
import { invalid } from './form.js';
import type { Pem } from './key.js';

/** What a certificate may be used for, and what it was signed with. */
interface Rights {
  readonly isAuthority: boolean;
  /** Authorities that may stand between this one and the signer. */
  readonly pathLength: number | undefined;
  /** Bits of KeyUsage; undefined where it does not say. */
  readonly usage: number | undefined;
  /** Purposes; undefined where it does not say. */
  readonly purposes: readonly string[] | undefined;
  readonly signatureAlgorithm: string;
}

const oids = { keyUsage: '2.5.29.15', basicConstraints: '2.5.29.19', purposes: '2.5.29.37' } as const;
/** Critical extensions that say nothing of what is decided here. */
const harmless = new Set(['2.5.29.17', '2.5.29.32', '2.5.29.14', '2.5.29.35']);
const codeSigning = '1.3.6.1.5.5.7.3.3';
const anyPurpose = '2.5.29.37.0';
export const usageBits = { digitalSignature: 0x80, keyCertSign: 0x04 } as const;

/** ECDSA and RSA with SHA-2, PSS, Ed25519: not SHA-1 nor MD5, whose collisions can be made. */
export const strong = new Set([
  ...['1.2.840.10045.4.3.2', '1.2.840.10045.4.3.3', '1.2.840.10045.4.3.4'],
  ...[
    '1.2.840.113549.1.1.10',
    '1.2.840.113549.1.1.11',
    '1.2.840.113549.1.1.12',
    '1.2.840.113549.1.1.13',
    '1.3.101.112',
  ],
]);

const leastRsaBits = 2048;
/** A verification with a larger one takes too long. */
const mostRsaBits = 8192;

/** @throws ERR_SIGNATURE_INVALID for what is no DER, and for critical extensions that are not understood */
export function rightsOf({ raw }: X509Certificate): Rights {
  const [whole] = derValues(raw);
  const [tbs, algorithm] = derValues(derContent(whole, derTags.sequence));
  const [algorithmOid] = derValues(derContent(algorithm, derTags.sequence));
  const rights = {
    isAuthority: false,
    pathLength: undefined as number | undefined,
    usage: undefined as number | undefined,
    purposes: undefined as readonly string[] | undefined,
    signatureAlgorithm: derOid(derContent(algorithmOid, derTags.oid)),
  };
  const holder = derValues(derContent(tbs, derTags.sequence)).find(({ tag }) => tag === 0xa3);
  const list = holder ? derValues(derContent(derValues(holder.content)[0], derTags.sequence)) : [];
  for (const extension of list) {
    const parts = derValues(derContent(extension, derTags.sequence));
    const id = derOid(derContent(parts[0], derTags.oid));
    const isCritical = parts[1]?.tag === derTags.boolean && parts[1].content[0] !== 0;
    const [value] = derValues(derContent(parts.at(-1), derTags.octetString));
    if (id === oids.basicConstraints) {
      const [authority, length] = derValues(derContent(value, derTags.sequence));
      rights.isAuthority = authority?.tag === derTags.boolean && authority.content[0] !== 0;
      if (length) rights.pathLength = derSmallInteger(derContent(length, derTags.integer));
    } else if (id === oids.keyUsage) {
      rights.usage = derContent(value, derTags.bitString)[1] ?? 0;
    } else if (id === oids.purposes) {
      rights.purposes = derValues(derContent(value, derTags.sequence)).map((one) =>
        derOid(derContent(one, derTags.oid)),
      );
    } else if (isCritical && !harmless.has(id)) {
      throw invalid(`Expected no critical extension that is not understood in a certificate but received ${id}`);
    }
  }
  return rights;
}

/** Who a certificate is of, in one line. */
export const nameOf = ({ subject, serialNumber }: X509Certificate): string =>
  subject ? subject.split('\n').join(', ') : `the certificate ${serialNumber}`;

/** The certificates of a PEM file that may certify others. @throws ERR_CONFIG naming the file and what is wrong */
export function authoritiesOf({ text, where }: Pem): readonly X509Certificate[] {
  const certificates = pemCertificates({ text, where }, 'ERR_CONFIG');
  for (const certificate of certificates) {
    const fault = readableFault(certificate);
    if (fault !== undefined) {
      throw torchError(
        'ERR_CONFIG',
        `Expected certificates of authorities in ${where}, but ${nameOf(certificate)} ${fault}`,
      );
    }
  }
  return certificates;
}

function readableFault(certificate: X509Certificate): string | undefined {
  try {
    return authorityFault(certificate);
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}

/** @throws an error of that code for a file without certificates, or with one that cannot be read */
export function pemCertificates({ text, where }: Pem, code: 'ERR_CONFIG' | 'ERR_INVALID_ARGUMENT'): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw torchError(code, `Expected a certificate in PEM in ${where} but there is none`);
  return blocks.map((block, i) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      const which = `certificate ${i + 1} of ${where}`;
      throw torchError(code, `Expected ${which} to be one in PEM: ${(cause as Error).message}`, { cause });
    }
  });
}

/** @throws ERR_SIGNATURE_INVALID */
export function certificateOf(der: Buffer): X509Certificate {
  try {
    const certificate = new X509Certificate(der);
    // OpenSSL ignores what follows a certificate, and decodes the key when it is asked for.
    if (certificate.raw.equals(der) && certificate.publicKey) return certificate;
  } catch (cause) {
    throw invalid(`Expected a certificate in DER in the bundle: ${(cause as Error).message}`, cause);
  }
  throw invalid('Expected a certificate in DER, and nothing after it, in the bundle');
}

export function authorityFault(certificate: X509Certificate): string | undefined {
  const { isAuthority, usage, purposes } = rightsOf(certificate);
  const { modulusLength = leastRsaBits } = certificate.publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength < leastRsaBits) return `has an RSA key of only ${modulusLength} bits`;
  if (modulusLength > mostRsaBits) return `has an RSA key of ${modulusLength} bits, more than ${mostRsaBits}`;
  if (!isAuthority) return 'is none (CA:FALSE)';
  if (usage !== undefined && (usage & usageBits.keyCertSign) === 0) return 'may not sign certificates (KeyUsage)';
  if (!allowsSigning(purposes)) return 'is not for the signing of code (ExtendedKeyUsage)';
  return undefined;
}

export const allowsSigning = (purposes: readonly string[] | undefined): boolean =>
  purposes === undefined || purposes.includes(codeSigning) || purposes.includes(anyPurpose);
