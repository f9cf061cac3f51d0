/** Whose signatures count: keys, authorities and identities, read once from files. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import * as check from '../../check.js';
import { expected } from '../../errors.js';
import { authoritiesOf } from './certificate.js';
import { publicKeyOf, readPem } from './key.js';
import { requireRootOfIdentities, trustNames } from './trust-stated.js';
import type { TrustedRoot } from './trusted-root.js';

/** Who signed with Sigstore, as its certificate says: an address or a workflow, and who vouched for it. */
export interface SigstoreIdentity {
  /** Such as `someone@example.com`, or the URL of a workflow. It must be equal, letter by letter. */
  readonly identity: string;
  /** The URL of the OpenID Connect issuer. */
  readonly issuer: string;
}

export interface TrustOptions {
  /** Public keys: paths of PEM files, or PEM. Default: none. */
  readonly publicKeys?: readonly string[];
  /** Certificates of authorities: paths of PEM files, or PEM. Default: none; those of the system are never used. */
  readonly certificateAuthorities?: readonly string[];
  /** Identities of Sigstore, also as text: the identity, a space, the issuer. They need `trustedRoot`. Default: none. */
  readonly identities?: readonly (SigstoreIdentity | string)[];
  /** Path of Sigstore's `trusted_root.json`. Nothing is fetched. Default: none. */
  readonly trustedRoot?: string;
}

/** What was read of the options. */
export interface Trust {
  readonly publicKeys: readonly KeyObject[];
  readonly authorities: readonly X509Certificate[];
  readonly identities: readonly SigstoreIdentity[];
  readonly root: TrustedRoot | undefined;
}

/**
 * Reads the files of those that are trusted, and checks them.
 * @throws ERR_CONFIG naming the file and what is wrong with it, ERR_INVALID_ARGUMENT, ERR_SIGSTORE_NOT_FOUND
 */
export async function openTrust(options: TrustOptions): Promise<Trust> {
  check.options('the trust in signatures', options, trustNames);
  const { publicKeys = [], certificateAuthorities = [], identities = [], trustedRoot } = options;
  checkTexts('publicKeys', publicKeys);
  checkTexts('certificateAuthorities', certificateAuthorities);
  if (!Array.isArray(identities)) throw expected('an array of identities', 'identities', identities);
  requireRootOfIdentities(options);
  const keys = publicKeys.map(async (key) => publicKeyOf(await readPem(key, 'the public key', 'ERR_CONFIG')));
  const authorities = certificateAuthorities.map(async (one) =>
    authoritiesOf(await readPem(one, 'the certificates', 'ERR_CONFIG')),
  );
  return {
    publicKeys: await Promise.all(keys),
    authorities: (await Promise.all(authorities)).flat(),
    identities: identities.map(identityOf),
    root:
      trustedRoot === undefined ? undefined : await (await import('./trusted-root.js')).readTrustedRoot(trustedRoot),
  };
}

function checkTexts(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw expected('an array of paths', name, value);
  for (const one of value) check.text(`an entry of ${name}`, one, 'a path or PEM');
}

const identityPattern = /^(\S{1,2000})\s+(https?:\/\/\S{1,2000})$/;

function identityOf(given: SigstoreIdentity | string): SigstoreIdentity {
  if (typeof given === 'string') {
    const [, identity, issuer] = identityPattern.exec(given) ?? [];
    if (identity !== undefined && issuer !== undefined) return { identity, issuer };
    throw expected('an identity, a space and the URL of its issuer', 'an entry of identities', given);
  }
  check.options('an entry of identities', given, ['identity', 'issuer']);
  check.text('identity of an entry of identities', given.identity);
  check.text('issuer of an entry of identities', given.issuer);
  return given;
}
