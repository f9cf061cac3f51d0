import type { DriftTest } from '../drift-test.js';
import { chi2 } from './chi2.js';
import { hellinger } from './hellinger.js';
import { jensenShannon } from './jensen-shannon.js';
import { ks } from './ks.js';
import { psi } from './psi.js';
import { wasserstein } from './wasserstein.js';

/** THE TABLE of tests of drift, on counts. */
export const driftTests = {
  ks,
  chi2,
  wasserstein,
  'jensen-shannon': jensenShannon,
  psi,
  hellinger,
} as const satisfies Record<string, DriftTest>;

export type DriftTestName = keyof typeof driftTests;
