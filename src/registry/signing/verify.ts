/** Whether a bundle was signed by somebody who is trusted, and a folder is what was signed. */
import * as check from '../../check.js';
import { expected } from '../../errors.js';
import { parseBundle, type Bundle, type SigningMethod } from './bundle.js';
import { certificateOf, nameOf } from './certificate.js';
import { requireChain } from './chain.js';
import { hintOf, isHintOf, isSignedBy } from './dsse.js';
import { invalid } from './form.js';
import { compareFolder, type VerifyFolderOptions, type SignedFile } from './manifest.js';
import { parseStatement, type Statement } from './statement.js';
import { requireSigstore } from './sigstore.js';
import { openTrust, type Trust, type TrustOptions } from './trust.js';

/** Who signed. */
export interface Signer {
  readonly method: SigningMethod;
  /** In one line: the key's fingerprint, the certificate's subject, or the identity. */
  readonly name: string;
  /** `key`: sha256 of the key's PEM, as bundles name it. `certificate`: sha256 of the certificate. Hex. */
  readonly fingerprint?: string;
  /** `sigstore`: who vouched for the identity. */
  readonly issuer?: string;
}

/** A signature that verifies, and what it says. */
export interface VerifiedBundle {
  readonly signer: Signer;
  readonly statement: Statement;
}

/** A folder that is what was signed. */
export interface VerifiedFolder {
  readonly signer: Signer;
  /** What was signed is called. */
  readonly subject: string;
  readonly annotations: ReadonlyMap<string, string>;
  /** By their paths below the folder, with `/`. */
  readonly files: ReadonlyMap<string, SignedFile>;
}

/**
 * Verifies a signature, and not yet the files.
 * @param content the text of a bundle
 * @throws ERR_SIGNATURE_INVALID, ERR_SIGSTORE_NOT_FOUND
 */
export async function verifyBundle(content: string | Uint8Array, trust: Trust): Promise<VerifiedBundle> {
  const bundle = parseBundle(content);
  const signer = await signers[bundle.method](bundle, trust);
  return { signer, statement: parseStatement(bundle) };
}

/** What was read already is not read again. */
export async function trusted(trust: Trust | TrustOptions): Promise<Trust> {
  const isRead = typeof trust === 'object' && trust !== null && 'authorities' in trust;
  return isRead ? trust : await openTrust(trust);
}

const signers: Readonly<Record<SigningMethod, (bundle: Bundle, trust: Trust) => Signer | Promise<Signer>>> = {
  key: (bundle, { publicKeys }) => {
    const { hint } = bundle;
    if (publicKeys.length === 0)
      throw invalid('Expected a signature by another method: it is by a key, and no publicKeys are trusted');
    const candidates = hint === undefined ? publicKeys : publicKeys.filter((key) => isHintOf(key, hint));
    if (candidates.length === 0) {
      throw invalid(
        `Expected a signature by one of ${publicKeys.length} trusted keys, but it is by the key ${hint}, which is none of them`,
      );
    }
    const key = candidates.find((one) => isSigned(bundle, (signature) => isSignedBy(one, bundle.payload, signature)));
    if (!key)
      throw invalid(
        'Expected a signature by a trusted key, but what the bundle holds is none: it was changed, or made by another key',
      );
    const fingerprint = hintOf(key);
    return { method: 'key', name: `key ${fingerprint}`, fingerprint };
  },
  certificate: (bundle, { authorities }) => {
    if (authorities.length === 0) {
      throw invalid(
        'Expected a signature by another method: it is by a certificate, and no certificateAuthorities are trusted',
      );
    }
    const leaf = requireChain(bundle.certificates.map(certificateOf), authorities);
    if (!isSigned(bundle, (signature) => isSignedBy(leaf.publicKey, bundle.payload, signature))) {
      throw invalid(`Expected a signature by ${nameOf(leaf)}, but what the bundle holds is none: it was changed`);
    }
    return {
      method: 'certificate',
      name: nameOf(leaf),
      fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    };
  },
  sigstore: async (bundle, trust) => {
    const { identity, issuer } = await requireSigstore(bundle, trust);
    return { method: 'sigstore', name: identity, issuer };
  },
};

/** DSSE: one good signature is enough. */
const isSigned = ({ signatures }: Bundle, isGood: (signature: Buffer) => boolean): boolean => signatures.some(isGood);

/**
 * Verifies a signature by OpenSSF Model Signing v1.0, and that a folder holds the files that were signed and no others.
 * Every file is read.
 *
 * @example
 * const { files, signer } = await verifyFolder('models/mnist/v1.0', bundle, { publicKeys: ['key.pub'] });
 *
 * @param folder or a file, where a single file was signed
 * @param bundle the text of the bundle, such as the content of `model.sig`
 * @throws ERR_SIGNATURE_INVALID saying what is wrong, ERR_CONFIG for what is trusted, ERR_SIGSTORE_NOT_FOUND, `signal.reason`
 */
export async function verifyFolder(
  folder: string,
  bundle: string | Uint8Array,
  trust: Trust | TrustOptions,
  options: VerifyFolderOptions = {},
): Promise<VerifiedFolder> {
  check.text('folder', folder, 'a path');
  check.options('verifyFolder', options, ['unread', 'signal']);
  if (options.unread !== undefined && !(options.unread instanceof Set)) {
    throw expected('a Set of paths', 'unread of verifyFolder', options.unread);
  }
  check.signal(options.signal);
  const known = await trusted(trust);
  const { signer, statement } = await verifyBundle(bundle, known);
  const files = await compareFolder(folder, statement, { bundle }, options);
  return { signer, subject: statement.subject, annotations: statement.annotations, files };
}
