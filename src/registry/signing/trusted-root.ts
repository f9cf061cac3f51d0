/** Sigstore's trusted_root.json, as @sigstore/verify wants to have it. */
import { torchError, TorchError } from '../../errors.js';
import { array, base64, object, parseJson, text, type Reader } from './form.js';
import { readPem } from './key.js';
import { loadSigstore } from './sigstore-library.js';

/** Keys of logs, certificates of authorities, and the times for which they count. */
export interface TrustedRoot {
  /** As the library has them. It is an optional peer, so its types are in none that this package publishes. */
  readonly material: object;
}

type RootMessage = Parameters<Awaited<ReturnType<typeof loadSigstore>>['toTrustMaterial']>[0];

/** Of the kinds of keys, those that are no SubjectPublicKeyInfo have a number of their own in Sigstore's enumeration. */
const rsaKinds: Readonly<Record<string, number>> = {
  PKCS1_RSA_PKCS1V5: 1,
  PKIX_RSA_PKCS1V5: 9,
  PKIX_RSA_PKCS1V15_2048_SHA256: 9,
  PKIX_RSA_PKCS1V15_3072_SHA256: 10,
  PKIX_RSA_PKCS1V15_4096_SHA256: 11,
};
const otherKind = 5;

const date: Reader<Date> = (value, at) => {
  const written = text('a date such as 2026-01-01T00:00:00Z', /^\d{4}-\d\d-\d\dT/)(value, at);
  const read = new Date(written);
  return Number.isNaN(read.getTime()) ? date(undefined, at) : read;
};
const validFor = object({}, { start: date, end: date }, 'open');
const logId = object({ keyId: base64 }, {}, 'open');
const log = object(
  { baseUrl: text(), publicKey: object({ rawBytes: base64 }, { keyDetails: text(), validFor }, 'open'), logId },
  { checkpointKeyId: logId },
  'open',
);
const authority = object(
  { certChain: object({ certificates: array(object({ rawBytes: base64 }, {}, 'open'), 1, 100) }, {}, 'open') },
  { validFor },
  'open',
);
const form = object(
  { tlogs: array(log, 1, 100), certificateAuthorities: array(authority, 1, 100) },
  {
    mediaType: text('the media type of a trusted root', /^application\/vnd\.dev\.sigstore\.trustedroot/),
    ctlogs: array(log, 0, 100),
    timestampAuthorities: array(authority, 0, 100),
  },
  'open',
);

/** @throws ERR_CONFIG naming the file and what is wrong with it, ERR_SIGSTORE_NOT_FOUND */
export async function readTrustedRoot(path: string): Promise<TrustedRoot> {
  const { toTrustMaterial } = await loadSigstore();
  const { text: content, where } = await readPem(path, "Sigstore's trusted root", 'ERR_CONFIG');
  try {
    const {
      tlogs,
      certificateAuthorities,
      ctlogs = [],
      timestampAuthorities = [],
    } = form(parseJson(content, where), 'trusted root');
    const message = {
      mediaType: '',
      tlogs: tlogs.map(logMessage),
      ctlogs: ctlogs.map(logMessage),
      certificateAuthorities,
      timestampAuthorities,
    };
    return { material: toTrustMaterial(message as unknown as RootMessage) };
  } catch (cause) {
    const { message } = cause as Error;
    const what = cause instanceof TorchError ? message : `Expected keys and certificates that can be read: ${message}`;
    throw torchError('ERR_CONFIG', `Invalid trusted root in ${path}: ${what}`, { cause });
  }
}

function logMessage({ publicKey, ...rest }: ReturnType<typeof log>): unknown {
  return { ...rest, publicKey: { ...publicKey, keyDetails: rsaKinds[publicKey.keyDetails ?? ''] ?? otherKind } };
}
