/** The batching queue. */
export { BatchQueue } from './queue.js';
export { checkQueueRunOptions } from './run-options.js';
export { notIndependent, resolveBatchOptions } from './options.js';
