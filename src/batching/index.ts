/** The batching queue. */
export { BatchQueue, type QueueRunOptions } from './queue.js';
export type { BatchQueueOptions, ResolvedBatchOptions } from './options.js';
export type { BatchEvent, CloseReason, QueueStats } from './stats.js';
export type { Fit } from './fit.js';
