/** Versioned models with their records, and the proof that the bytes on the disk are theirs. */
export { ModelRegistry } from './registry.js';
export { signatureOf } from './signature-of.js';
