/** Versioned models with their records, and the proof that the bytes on the disk are theirs. */
export { ModelRegistry, type RegistryEntry, type RegistryOptions } from './registry.js';
export type { QuarantineEntry } from './quarantine.js';
export type { AdmissionFacts, AdmissionLatency, InputStatistics, ModelRecord } from './model-record.js';
export type { RecordArtifact, RecordFile, RecordMetrics, RecordSource, RecordTraining } from './model-record.js';
export type { Added } from './add.js';
export type {
  AddOptions,
  AddProgress,
  AdmissionLimits,
  AdmissionLoad,
  ExampleGiven,
  KnownModel,
  SignatureParts,
  SpecPart,
} from './record/options.js';
export { referenceOf } from './reference.js';
export { loadOptionsOf, signatureOf } from './signature-of.js';
export type { DataGiven } from './data/rows.js';
export type { TruthGiven } from './data/truth.js';
export type { LockLimits } from './store/lock.js';
export type { FileDigest } from '../files/hash.js';
export {
  LoadPolicy,
  signFolder,
  verifyFolder,
  type LoadPolicyOptions,
  type PolicyDecision,
  type PolicySubject,
  type Signed,
  type SignedFile,
  type Signer,
  type HashAlgorithm,
  type SigningKeyOptions,
  type SigningMethod,
  type SignOptions,
  type SignVersionOptions,
  type SigstoreIdentity,
  type TrustOptions,
  type VerifiedFolder,
  type VerifiedVersion,
  type VerifyFolderOptions,
  type VerifyVersionOptions,
} from './signing/index.js';
