/** Models held ready for callers, and what their inputs and outputs mean. */
export { ModelHost, type HostEvents, type HostOptions, type HostState } from './host.js';
export type { HostFileModel, HostModel, HostRegistryModel } from './load-served.js';
export type { AnswerInput, AnswerOptions } from './answer.js';
export { ServedModel, type RunEvent, type ServedBatchEvent } from './served-model.js';
export { classifier, type ClassificationResult, type Classifier } from './classification.js';
export { areRows, parseRows, rowFaults, type Rows, type RowsOf, type RowsSpec } from './preprocessing.js';
export { octetRows } from './octets.js';
