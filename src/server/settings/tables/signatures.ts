/** What must be known of a model before it is loaded: docs/signing.md. */
import { policies, policyModes } from '../../../registry/signing/policy.js';
import { choice, files, optionalFile, texts } from '../setting.js';

export const signatureRows = {
  policy: choice({
    options: policies,
    initial: 'none',
    description: 'What is demanded of a model before it is loaded: a digest that somebody stated, or a signature.',
  }),
  policyMode: choice({
    options: policyModes,
    initial: 'enforce',
    description: 'report: what policy would refuse is loaded, and a warning says why.',
  }),
  trustedKeys: files({
    flag: 'trusted-key',
    description: 'Public keys (PEM) whose signatures count with the policy signature.',
  }),
  trustedCertificates: files({
    flag: 'trusted-certificate',
    description: 'Authorities (PEM) whose certificates may sign models.',
  }),
  trustedIdentities: texts({
    pattern: /^[^\s,]{1,2000} https?:\/\/[^\s,]{1,2000}$/,
    values: 'an identity, a space and the URL of its issuer',
    description: 'Who may sign by Sigstore: an address or a workflow, and who vouches for it. They need trustedRoot.',
  }),
  trustedRoot: optionalFile({
    initialText: 'none',
    description: "Sigstore's trusted_root.json. Nothing is fetched.",
  }),
};
