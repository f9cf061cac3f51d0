/** Signatures by Sigstore: a short-lived certificate of an identity, and an entry in a public log. Verified offline. */
import type { Bundle } from './bundle.js';
import { invalid } from './form.js';
import { loadSigstore, type Sigstore, type TrustMaterial } from './sigstore-library.js';
import type { SigstoreIdentity, Trust } from './trust.js';

/**
 * @returns the identity that signed, which is one of those that are trusted
 * @throws ERR_SIGNATURE_INVALID, ERR_SIGSTORE_NOT_FOUND
 */
export async function requireSigstore(
  { json }: Pick<Bundle, 'json'>,
  { root, identities }: Pick<Trust, 'root' | 'identities'>,
): Promise<SigstoreIdentity> {
  if (!root) {
    throw invalid(
      'Expected a signature by a trusted key or authority, but it is by Sigstore, and no identities and trustedRoot are given',
    );
  }
  const signer = verifiedSigner(await loadSigstore(), json, root.material as TrustMaterial);
  const { subjectAlternativeName: identity, extensions } = signer.identity ?? {};
  // The library takes an identity for a pattern that may match a part of the name; ours must be all of it.
  const found = identities.find((one) => one.identity === identity && one.issuer === extensions?.issuer);
  if (found) return found;
  const wanted = identities.map((one) => `${one.identity} (${one.issuer})`).join(', ');
  throw invalid(
    `Expected a signature by ${wanted} but it is by ${identity ?? 'nobody'} (${extensions?.issuer ?? 'no issuer'})`,
  );
}

function verifiedSigner(
  { bundleFromJSON, toSignedEntity, Verifier }: Sigstore,
  json: unknown,
  material: TrustMaterial,
) {
  try {
    return new Verifier(material).verify(toSignedEntity(bundleFromJSON(json)));
  } catch (cause) {
    const { message } = cause as Error;
    throw invalid(`Expected a signature that Sigstore's logs and authorities vouch for: ${message}`, cause);
  }
}
