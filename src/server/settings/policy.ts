import { LoadPolicy } from '../../registry/signing/policy.js';
import type { TrustOptions } from '../../registry/signing/trust.js';
import { asksForSignatures, requireRootOfIdentities } from '../../registry/signing/trust-stated.js';
import type { Settings } from './table.js';

type PolicySettings = Pick<
  Settings,
  'policy' | 'policyMode' | 'trustedKeys' | 'trustedCertificates' | 'trustedIdentities' | 'trustedRoot'
>;

/**
 * Looks whether the settings of signatures go together. It reads no file.
 * @throws ERR_CONFIG for settings that contradict each other
 */
export function requireConsistentPolicy(settings: PolicySettings): void {
  const stated = trustOf(settings);
  if (asksForSignatures(settings.policy, stated)) requireRootOfIdentities(stated);
}

/**
 * The policy that the settings describe; undefined where they demand nothing and trust nobody.
 * @throws ERR_CONFIG naming a file and what is wrong with it, or settings that contradict each other; ERR_SIGSTORE_NOT_FOUND
 */
export async function policyOfSettings(settings: PolicySettings): Promise<LoadPolicy | undefined> {
  const { policy, policyMode } = settings;
  const opened = await LoadPolicy.open({ require: policy, mode: policyMode, ...trustOf(settings) });
  return policy === 'none' ? undefined : opened;
}

function trustOf({ trustedKeys, trustedCertificates, trustedIdentities, trustedRoot }: PolicySettings): TrustOptions {
  return {
    publicKeys: trustedKeys,
    certificateAuthorities: trustedCertificates,
    identities: trustedIdentities,
    ...(trustedRoot !== undefined && { trustedRoot }),
  };
}
