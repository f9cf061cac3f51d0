/** Models held ready for callers. */
export { ModelHost, type HostEvents, type HostOptions, type HostState } from './host.js';
export type { HostFileModel, HostModel, HostRegistryModel } from './load-served.js';
export type { AnswerInput, AnswerOptions, ServedAnswer } from './answer.js';
export { ServedModel, type RunEvent } from './served-model.js';
