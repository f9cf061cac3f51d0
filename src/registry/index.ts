/** Versioned models with their records, and the proof that the bytes on the disk are theirs. */
export { ModelRegistry, type RegistryEntry, type RegistryOptions } from './registry.js';
export type { ModelRecord } from './schema.js';
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
export { signatureOf } from './signature-of.js';
export type { LockLimits } from './store/index.js';
export type { FileDigest } from '../files/hash.js';
