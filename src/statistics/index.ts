/** Tests of distributions, on counts and on samples. Pure functions: they know nothing of models and servers. */
export { checkAlike, coarse, mergeBins, totalOf, type Bins } from './bins.js';
export { benjaminiHochberg } from './benjamini-hochberg.js';
export type { Comparison, DriftTest, FeatureKind } from './drift-test.js';
export { driftTests, type DriftTestName } from './tests/index.js';
export { chiSquared, chiSquaredFit, type ChiSquaredResult, type ContingencyOptions } from './samples/chi-squared.js';
export {
  jensenShannonDistance,
  normedWasserstein,
  wassersteinDistance,
  type JensenShannonOptions,
} from './samples/distances.js';
export { jensenShannonOfSamples, psi, type BinningOptions, type Sample } from './samples/evidently.js';
export { ks2Samples, type KsOptions, type TestResult } from './samples/ks.js';
export { finish, inSlices, type Work } from './work.js';
