/** The batching queue. */
export { tellOfBatch, type CallSpan, type CarriedCall, type TracedRun } from './call-span.js';
export { BatchQueue, type QueueEvents } from './queue.js';
export { checkQueueRunOptions, type QueueRunOptions } from './run-options.js';
export { notIndependent, resolveBatchOptions, type BatchQueueOptions, type ResolvedBatchOptions } from './options.js';
export type { BatchEvent, CloseReason, QueueStats } from './stats.js';
export type { RowCheckEvent } from './row-check.js';
export type { Fit } from './fit.js';
