import { Message, one, optional, repeated } from './message.js';
/** Source: Triton's `docs/protocol/extension_statistics.md`; the numbers are those of `tritonclient.grpc.service_pb2`. */
const duration = new Message('StatisticDuration', {
    count: one(1, 'uint64'),
    ns: one(2, 'uint64'),
});
const statistics = new Message('ModelStatistics', {
    name: one(1, 'string'),
    version: one(2, 'string'),
    last_inference: one(3, 'uint64'),
    inference_count: one(4, 'uint64'),
    execution_count: one(5, 'uint64'),
    inference_stats: optional(6, new Message('InferStatistics', {
        success: optional(1, duration),
        fail: optional(2, duration),
        queue: optional(3, duration),
        compute_input: optional(4, duration),
        compute_infer: optional(5, duration),
        compute_output: optional(6, duration),
        cache_hit: optional(7, duration),
        cache_miss: optional(8, duration),
    })),
    batch_stats: repeated(7, new Message('InferBatchStatistics', {
        batch_size: one(1, 'uint64'),
        compute_input: optional(2, duration),
        compute_infer: optional(3, duration),
        compute_output: optional(4, duration),
    })),
    memory_usage: repeated(8, new Message('MemoryUsage', {
        type: one(1, 'string'),
        id: one(2, 'int64'),
        byte_size: one(3, 'uint64'),
    })),
});
export const modelStatisticsResponse = new Message('ModelStatisticsResponse', { model_stats: repeated(1, statistics) });
