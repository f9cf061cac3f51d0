import type { SignedFile } from './manifest.js';
import type { SigningKeyOptions } from './sign.js';
import type { Signer } from './verify.js';

/** A version whose signature was verified. */
export interface VerifiedVersion {
  /** Undefined for a bundle that was compared with the files only, since nobody said who is trusted. */
  readonly signer: Signer | undefined;
  readonly files: ReadonlyMap<string, SignedFile>;
  /** Whether the record is signed too: what model-signing of PyPI makes covers the files alone. */
  readonly coversRecord: boolean;
  readonly warnings: readonly string[];
}

export interface SignVersionOptions extends SigningKeyOptions {
  readonly signal?: AbortSignal;
}

export interface VerifyVersionOptions {
  /** A bundle in place of the one beside the record. */
  readonly bundle?: string | Uint8Array;
  readonly signal?: AbortSignal;
}
