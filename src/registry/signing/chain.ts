/** The way from a signer's certificate up to an authority that is trusted. RFC 5280, as far as signing goes. */
import type { X509Certificate } from 'node:crypto';
import { allowsSigning, authorityFault, nameOf, rightsOf, strong, usageBits } from './certificate.js';
import { invalid } from './form.js';
import { describeKey, isModelSigningKey } from './key.js';

/**
 * Checks that a chain leads from the signer to one of the authorities, and that the signer may sign models.
 * @param chain the signer's own certificate first; the others in any order
 * @param at when all of them must be valid
 * @throws ERR_SIGNATURE_INVALID saying what is missing or wrong
 */
export function requireChain(
  chain: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  at: Date = new Date(),
): X509Certificate {
  const [leaf, ...between] = chain;
  if (!leaf) throw invalid('Expected at least one certificate in the bundle');
  requireSigner(leaf, at);
  const search = new ChainSearch(between, authorities, at);
  if (search.leadsUp(leaf, [])) return leaf;
  throw invalid(`Expected a chain of certificates from ${nameOf(leaf)} to a trusted authority, but ${search.reason}`);
}

function requireSigner(leaf: X509Certificate, at: Date): void {
  const name = nameOf(leaf);
  if (!isModelSigningKey(leaf.publicKey)) {
    throw invalid(
      `Expected ${name} to have an ECDSA key on P-256, P-384 or P-521 but it has ${describeKey(leaf.publicKey)}`,
    );
  }
  const time = timeFault(leaf, at);
  if (time !== undefined) throw invalid(`Expected a certificate that is valid now, but ${name} ${time}`);
  const { usage, purposes } = rightsOf(leaf);
  const maySign = usage === undefined || (usage & usageBits.digitalSignature) !== 0;
  if (maySign && allowsSigning(purposes) && (usage !== undefined || purposes !== undefined)) return;
  throw invalid(
    `Expected a certificate for signatures (KeyUsage digitalSignature, ExtendedKeyUsage codeSigning), but ${name} is not for them`,
  );
}

function timeFault({ validFrom, validTo }: X509Certificate, at: Date): string | undefined {
  // OpenSSL hands over certificates with such dates too, and no date compares with them.
  const isReadable = [validFrom, validTo].every((date) => !Number.isNaN(Date.parse(date)));
  if (!isReadable) return `has no dates that can be read (from ${validFrom}, to ${validTo})`;
  if (new Date(validFrom) > at) return `is valid only from ${validFrom}`;
  if (new Date(validTo) < at) return `expired at ${validTo}`;
  return undefined;
}

const mostSteps = 100;

/** Looks for a way up. Whoever made the bundle chose the certificates, so the work is bounded. */
class ChainSearch {
  /** Why there is no way: the last thing that was in it. */
  reason = 'nobody who certified it is among the trusted authorities';
  #steps = 0;

  constructor(
    readonly between: readonly X509Certificate[],
    readonly authorities: readonly X509Certificate[],
    readonly at: Date,
  ) {}

  /** @param below the authorities between this certificate and the signer, this one last */
  leadsUp(certificate: X509Certificate, below: readonly X509Certificate[]): boolean {
    // The signer's own certificate may be what is trusted, if it is that of an authority.
    if (this.#issuers(certificate, this.authorities).some((issuer) => this.#fits(issuer, below))) return true;
    return this.#issuers(certificate, this.between).some((issuer) => {
      if (below.includes(issuer) || !this.#fits(issuer, below)) return false;
      return this.leadsUp(issuer, [...below, issuer]);
    });
  }

  #issuers(certificate: X509Certificate, among: readonly X509Certificate[]): readonly X509Certificate[] {
    return among.filter((issuer) => {
      if (issuer.subject !== certificate.issuer) return false;
      if (++this.#steps > mostSteps)
        throw invalid(`Expected a chain of certificates that can be followed in ${mostSteps} steps`);
      if (!certificate.verify(issuer.publicKey) || !this.#isStrong(certificate)) return false;
      if (certificate.checkIssued(issuer)) return true;
      const fault = authorityFault(issuer) ?? 'has another key identifier than it names';
      this.reason = `${nameOf(issuer)} ${fault}`;
      return false;
    });
  }

  #isStrong(certificate: X509Certificate): boolean {
    const { signatureAlgorithm } = rightsOf(certificate);
    if (strong.has(signatureAlgorithm)) return true;
    this.reason = `${nameOf(certificate)} is signed by a weak algorithm (${signatureAlgorithm})`;
    return false;
  }

  #fits(issuer: X509Certificate, below: readonly X509Certificate[]): boolean {
    const { pathLength } = rightsOf(issuer);
    const fault = authorityFault(issuer) ?? timeFault(issuer, this.at);
    if (fault !== undefined) this.reason = `${nameOf(issuer)} ${fault}`;
    else if (pathLength !== undefined && pathLength < below.length) {
      this.reason = `${nameOf(issuer)} allows ${pathLength} authorities below it, and there are ${below.length}`;
    } else return true;
    return false;
  }
}
