/** Signatures of models by OpenSSF Model Signing v1.0. What signs and verifies is imported when it is used. */
import type { VerifyFolderOptions } from './manifest.js';
import type { Signed, SignOptions } from './sign.js';
import type { TrustOptions } from './trust.js';
import type { VerifiedFolder } from './verify.js';

export { LoadPolicy, type LoadPolicyOptions, type PolicyDecision, type PolicySubject } from './policy.js';
export type { SigningMethod } from './bundle.js';
export type { SignedFile, VerifyFolderOptions } from './manifest.js';
export type { HashAlgorithm } from './statement.js';
export type { Signed, SigningKeyOptions, SignOptions } from './sign.js';
export type { SigstoreIdentity, TrustOptions } from './trust.js';
export type { Signer, VerifiedFolder } from './verify.js';
export type { SignVersionOptions, VerifiedVersion, VerifyVersionOptions } from './version-options.js';

/**
 * Signs the files of a folder, or a single file. The bundle verifies with model-signing of PyPI too.
 * @throws ERR_INVALID_ARGUMENT (a key that cannot be read or used), ERR_SIGNATURE_INVALID (links, sockets), `signal.reason`
 * @example
 * const { bundle } = await signFolder('models/mnist/v1.0', { key: 'release.key', subject: 'mnist' });
 * await writeFile('model.sig', bundle);
 */
export async function signFolder(folder: string, options: SignOptions): Promise<Signed> {
  return await (await import('./sign.js')).signFolder(folder, options);
}

/**
 * Verifies a signature by OpenSSF Model Signing v1.0, and that a folder holds the files that were signed and no others. Every
 * file is read but those that are `unread`, since whoever loads them hashes them.
 * @param folder or a file, where a single file was signed
 * @param bundle its text or its bytes
 * @throws ERR_SIGNATURE_INVALID saying what is wrong, ERR_CONFIG for what is trusted, ERR_SIGSTORE_NOT_FOUND, `signal.reason`
 * @example
 * const { signer, files } = await verifyFolder('models/mnist/v1.0', bundle, { publicKeys: ['release.pub'] });
 */
export async function verifyFolder(
  folder: string,
  bundle: string | Uint8Array,
  trust: TrustOptions,
  options: VerifyFolderOptions = {},
): Promise<VerifiedFolder> {
  return await (await import('./verify.js')).verifyFolder(folder, bundle, trust, options);
}
