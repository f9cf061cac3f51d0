import { LoadPolicy } from '../../registry/signing/policy.js';
import type { Settings } from './table.js';

type PolicySettings = Pick<
  Settings,
  'policy' | 'policyMode' | 'trustedKeys' | 'trustedCertificates' | 'trustedIdentities' | 'trustedRoot'
>;

/**
 * The policy that the settings describe; undefined where they demand nothing and trust nobody.
 * @throws ERR_CONFIG naming a file and what is wrong with it, or settings that contradict each other; ERR_SIGSTORE_NOT_FOUND
 */
export async function policyOfSettings(settings: PolicySettings): Promise<LoadPolicy | undefined> {
  const { policy, policyMode, trustedKeys, trustedCertificates, trustedIdentities, trustedRoot } = settings;
  const opened = await LoadPolicy.open({
    require: policy,
    mode: policyMode,
    publicKeys: trustedKeys,
    certificateAuthorities: trustedCertificates,
    identities: trustedIdentities,
    ...(trustedRoot !== undefined && { trustedRoot }),
  });
  return policy === 'none' ? undefined : opened;
}
