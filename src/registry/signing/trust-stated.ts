/** Who is trusted as far as options alone say, before a file is read: settings that contradict each other are found at once. */
import { torchError } from '../../errors.js';

/** As `TrustOptions`, whatever the lists hold. */
interface Stated {
  readonly publicKeys?: readonly unknown[];
  readonly certificateAuthorities?: readonly unknown[];
  readonly identities?: readonly unknown[];
  readonly trustedRoot?: unknown;
}

/** Names of the options that say whose signatures count. */
export const trustNames = ['publicKeys', 'certificateAuthorities', 'identities', 'trustedRoot'] as const;

/**
 * Whether signatures are asked for, by somebody who is trusted.
 * @param require the policy
 * @throws ERR_CONFIG where the policy `signature` trusts nobody, and where another trusts somebody
 */
export function asksForSignatures(require: string, stated: Stated): boolean {
  const given = trustNames.filter((name) => {
    const value = stated[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  });
  if (require !== 'signature') {
    if (given.length === 0) return false;
    throw torchError(
      'ERR_CONFIG',
      `Expected the policy signature beside ${given.join(', ')}, but it is ${require}, which verifies no signatures: say require: 'signature' (--policy signature), or trust nobody`,
    );
  }
  if (given.length === 0) {
    throw torchError(
      'ERR_CONFIG',
      'Expected somebody to trust with the policy signature: publicKeys (--trusted-key), certificateAuthorities ' +
        '(--trusted-certificate), or identities and trustedRoot (--trusted-identities, --trusted-root)',
    );
  }
  return true;
}

/** @throws ERR_CONFIG for identities of Sigstore without its root, and for a root of nobody */
export function requireRootOfIdentities({ identities = [], trustedRoot }: Stated): void {
  if ((identities.length === 0) === (trustedRoot === undefined)) return;
  const [has, lacks] = trustedRoot === undefined ? ['identities', 'trustedRoot'] : ['trustedRoot', 'identities'];
  throw torchError('ERR_CONFIG', `Expected ${lacks} beside ${has}: Sigstore's signatures need both`);
}
