/** Models held ready for callers. */
export { ModelHost, type HostEvents, type HostOptions, type HostState } from './host.js';
export type { HostFileModel, HostModel, HostRegistryModel } from './load-served.js';
export { ServedModel, type AnswerInput, type AnswerOptions, type RunEvent, type ServedAnswer } from './served-model.js';
