/** Tests of drift on counts and on samples: `node-libtorch/monitoring`. Everything is a function usable alone. */
export {
  benjaminiHochberg,
  chiSquared,
  chiSquaredFit,
  driftTests,
  jensenShannonDistance,
  jensenShannonOfSamples,
  ks2Samples,
  mergeBins,
  normedWasserstein,
  psi,
  wassersteinDistance,
  type BinningOptions,
  type Bins,
  type ChiSquaredResult,
  type Comparison,
  type ContingencyOptions,
  type DriftTest,
  type DriftTestName,
  type FeatureKind,
  type JensenShannonOptions,
  type KsOptions,
  type Sample,
  type TestResult,
  type Work,
} from '../statistics/index.js';
export { driftPresets, type FixedLimit, type Preset, type PresetName } from './drift/presets.js';
export { DriftMonitor, type DriftMonitorOptions } from './drift/monitor.js';
export type { Reference } from './drift/reference.js';
export { verdictOf } from './drift/verdict.js';
export type { FeatureCounts, ProfileCounts, Verdict, VerdictOptions } from './drift/verdict-types.js';
export type { DriftLevel, FeatureReport, WindowReport } from './report.js';
