/** How good a version's answers are: estimated from confidences, and measured by labels that come back. */
export type { Calibration, FeatureColumn } from './calibration.js';
export { calibrationFault } from './check-calibration.js';
export { estimate, estimating } from './estimate.js';
export { FeedbackRing, type Answerer, type Prediction } from './feedback-ring.js';
export { fitCalibration } from './fit.js';
export { PerformanceProfile, type PerformanceCounts } from './profile.js';
export { Realised } from './realised.js';
export { realisedRows, RealisedVersions, type LabelledPart } from './realised-versions.js';
