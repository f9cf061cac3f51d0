/** Models held ready for callers. */
export {
  ModelHost,
  type ChangeOptions,
  type HostChange,
  type HostEvents,
  type HostLoadOptions,
  type HostOptions,
  type HostState,
  type HostWarning,
} from './host.js';
export type { FailedModel, HostIndexEntry } from './catalogue.js';
export type { BatchCount, DurationCount, ServedStatistics } from './statistics.js';
export type { HostFileModel, HostModel, HostRegistryModel, HostWarmup } from './host-model.js';
export type { LoadProgress } from './load-served.js';
export {
  ServedModel,
  type AnswerInput,
  type AnswerOptions,
  type RunEvent,
  type ServedAnswer,
  type ServedRowCheckEvent,
} from './served-model.js';
