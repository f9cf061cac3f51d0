/** What has to be known of an artifact before it is loaded. Loaded by `import 'node-libtorch'`, so it imports the rest when used. */
import * as check from '../../check.js';
import type { EngineName } from '../../engines/index.js';
import { torchError } from '../../errors.js';
import type { ModelRegistry } from '../registry.js';
import type { ModelRecord } from '../model-record.js';
import { digestsOf } from '../signature-of.js';
import type { Trust, TrustOptions } from './trust.js';
import { asksForSignatures, trustNames } from './trust-stated.js';
import type { Signer } from './verify.js';

/** `none`: nothing. `sha256`: somebody stated its digest. `signature`: somebody who is trusted signed it. */
export const policies = ['none', 'sha256', 'signature'] as const;

/** `enforce`: what does not comply is not loaded. `report`: it is loaded, and a warning says what is wrong. */
export const policyModes = ['enforce', 'report'] as const;

export interface LoadPolicyOptions extends TrustOptions {
  /** Default: none. */
  readonly require?: (typeof policies)[number];
  /** Default: enforce. */
  readonly mode?: (typeof policyModes)[number];
}

/** What is about to be loaded: a version of a registry, or a file by itself. */
export type PolicySubject =
  | { readonly name: string; readonly version: string; readonly record: ModelRecord; readonly registry: ModelRegistry }
  | { readonly file: string; readonly sha256?: string; readonly engine?: EngineName };

/** What may be loaded: bytes of these digests, and no others. They come before those that the caller has. */
export interface PolicyDecision {
  readonly sha256?: string;
  /** Of files beside the artifact, by their paths from its folder: no other may be read. Undefined: nothing was decided of them. */
  readonly externalSha256?: Readonly<Record<string, string>>;
  /** What would have been refused, were it not only reported; and what a signature does not cover. */
  readonly warnings: readonly string[];
  /** Who signed. */
  readonly signer?: Signer;
}

/**
 * Asked by a host before each load. The digests that it returns go to `loadModel`, which hashes the very bytes that it loads:
 * what is exchanged between the check and the load is refused.
 *
 * @example
 * const policy = await LoadPolicy.open({ require: 'signature', publicKeys: ['release.pub'] });
 * const host = await ModelHost.open({ models: [{ name: 'mnist-mlp' }], policy });
 */
export class LoadPolicy {
  readonly require: (typeof policies)[number];
  readonly mode: (typeof policyModes)[number];
  readonly #options: TrustOptions;
  #trust: Trust | undefined;

  private constructor(options: LoadPolicyOptions, trust: Trust | undefined) {
    const { require = 'none', mode = 'enforce', ...rest } = options;
    this.require = require;
    this.mode = mode;
    this.#options = rest;
    this.#trust = trust;
  }

  /**
   * Reads whose signatures count.
   * @throws ERR_CONFIG naming a file and what is wrong with it, or when nobody is trusted; ERR_INVALID_ARGUMENT,
   * ERR_SIGSTORE_NOT_FOUND
   */
  static async open(options: LoadPolicyOptions = {}): Promise<LoadPolicy> {
    check.options('LoadPolicy', options, ['require', 'mode', ...trustNames]);
    const { require = 'none', mode = 'enforce', ...rest } = options;
    check.oneOf('require', require, policies);
    check.oneOf('mode', mode, policyModes);
    return new LoadPolicy(options, await openTrustFor(require, rest));
  }

  /** Reads the files again. @throws as `open`; then those count that counted before */
  async reload(): Promise<void> {
    this.#trust = await openTrustFor(this.require, this.#options);
  }

  /**
   * Whether something may be loaded.
   * @throws ERR_SIGNATURE_REQUIRED, ERR_SIGNATURE_INVALID and what keeps a signature from being verified; in the mode
   * `report` nothing
   */
  async check(subject: PolicySubject): Promise<PolicyDecision> {
    try {
      return await this.#decide(subject);
    } catch (error) {
      if (this.mode === 'enforce') throw error;
      const [message] = (error as Error).message.split('\n');
      const stated = 'file' in subject && subject.sha256 !== undefined ? { sha256: subject.sha256 } : {};
      return { ...stated, warnings: [`The policy ${this.require} would refuse it: ${message}`] };
    }
  }

  async #decide(subject: PolicySubject): Promise<PolicyDecision> {
    if (this.require === 'none') return { warnings: [] };
    if (this.#trust) {
      const { verifiedDecision } = await import('./decision.js');
      return await verifiedDecision(subject, this.#trust, this.mode === 'enforce');
    }
    // A record always says what its artifact and the files beside it are.
    if (!('file' in subject)) return { ...digestsOf(subject.record), warnings: [] };
    if (subject.sha256 !== undefined) return { sha256: subject.sha256, warnings: [] };
    throw torchError(
      'ERR_SIGNATURE_REQUIRED',
      `Expected a digest for ${subject.file}, which the policy sha256 demands, but nobody states one\n` +
        '  fix: node-libtorch registry add FILE --name NAME --model-version VERSION; in a program: load: { sha256 }',
    );
  }
}

async function openTrustFor(require: (typeof policies)[number], options: TrustOptions): Promise<Trust | undefined> {
  if (!asksForSignatures(require, options)) return undefined;
  const { openTrust } = await import('./trust.js');
  return await openTrust(options);
}
