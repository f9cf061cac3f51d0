import { datatypeTable } from '../datatype.js';
import { choice, map, Message, one, optional, repeated } from './message.js';
/**
 * A model's configuration: the fields of Triton's that mean something here.
 * Source: the descriptors of `tritonclient.grpc.model_config_pb2`, version 2.73.
 */
const dataType = choice({
    TYPE_INVALID: 0,
    TYPE_BOOL: 1,
    TYPE_UINT8: 2,
    TYPE_UINT16: 3,
    TYPE_UINT32: 4,
    TYPE_UINT64: 5,
    TYPE_INT8: 6,
    TYPE_INT16: 7,
    TYPE_INT32: 8,
    TYPE_INT64: 9,
    TYPE_FP16: 10,
    TYPE_FP32: 11,
    TYPE_FP64: 12,
    TYPE_STRING: 13,
    TYPE_BF16: 14,
});
const kind = choice({ KIND_AUTO: 0, KIND_GPU: 1, KIND_CPU: 2, KIND_MODEL: 3 });
const tensor = (name, dims) => new Message(name, {
    name: one(1, 'string'),
    data_type: one(2, dataType),
    dims: repeated(dims, 'int64'),
    ...(name === 'ModelInput' && { optional: one(8, 'bool') }),
});
export const modelConfig = new Message('ModelConfig', {
    name: one(1, 'string'),
    platform: one(2, 'string'),
    version_policy: optional(3, new Message('ModelVersionPolicy', {
        specific: optional(3, new Message('Specific', { versions: repeated(1, 'int64') })),
    })),
    max_batch_size: one(4, 'int32'),
    input: repeated(5, tensor('ModelInput', 4)),
    output: repeated(6, tensor('ModelOutput', 3)),
    instance_group: repeated(7, new Message('ModelInstanceGroup', {
        name: one(1, 'string'),
        count: one(2, 'int32'),
        kind: one(4, kind),
    })),
    dynamic_batching: optional(11, new Message('ModelDynamicBatching', {
        preferred_batch_size: repeated(1, 'int32'),
        max_queue_delay_microseconds: one(2, 'uint64'),
    })),
    parameters: map(14, new Message('ModelParameter', { string_value: one(1, 'string') })),
    backend: one(17, 'string'),
    model_transaction_policy: optional(19, new Message('ModelTransactionPolicy', { decoupled: one(1, 'bool') })),
});
/** Versions that are no whole numbers, such as v1.0, cannot be said there: the policy is then left out. */
export function wireConfig({ version_policy, ...config }) {
    const { versions } = version_policy.specific;
    const areNumbers = versions.every((version) => /^\d{1,15}$/.test(version));
    return { ...config, ...(areNumbers && { version_policy: { specific: { versions: versions.map(Number) } } }) };
}
