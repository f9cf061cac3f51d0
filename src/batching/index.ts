/** The batching queue. */
export { BatchQueue, checkQueueRunOptions, type QueueEvents, type QueueRunOptions } from './queue.js';
export { notIndependent, resolveBatchOptions, type BatchQueueOptions } from './options.js';
export type { BatchEvent, CloseReason, QueueStats } from './stats.js';
export type { RowCheckEvent } from './row-check.js';
export type { Fit } from './fit.js';
