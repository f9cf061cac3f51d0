/** Models held ready for callers. */
export { ModelHost, type HostState } from './host.js';
export type {
  ChangeOptions,
  HostChange,
  HostEvents,
  HostLoadOptions,
  HostOptions,
  HostPolicy,
  HostWarning,
} from './host-options.js';
export type { CanaryLimits } from '../monitoring/canary/limits.js';
export type { CanaryLimitName, CanaryNumbers, SideNumbers } from '../monitoring/canary/verdict.js';
export type { CanaryOptions, CanaryReport, CanarySettings, HostCanaryChange, SplitOptions } from './canary/options.js';
export type { FailedModel, HostIndexEntry } from './catalogue.js';
export type { BatchStatistics, DurationStatistics, ServedStatistics } from './statistics.js';
export type { HostFileModel, HostModel, HostModelOptions, HostRegistryModel, HostWarmup } from './host-model.js';
export type { Quarantined } from './quarantine.js';
export type { LoadProgress } from './load-served.js';
export { ServedModel, type AnsweredEvent } from './served-model.js';
export type { AnswerInput, AnswerOptions, RunEvent, ServedAnswer, ServedRunOptions } from './served-call.js';
export type { ServedBatchEvent, ServedRowCheckEvent } from './served-queue.js';
