import { inferRequest, inferResponse, streamInferResponse } from './infer-messages.js';
import { choice, map, Message, one, optional, repeated } from './message.js';
import { modelConfig } from './model-config.js';
import { modelStatisticsResponse } from './statistics.js';
const empty = new Message('Empty', {});
const modelName = new Message('ModelRequest', { name: one(1, 'string'), version: one(2, 'string') });
const tensorMetadata = new Message('TensorMetadata', {
    name: one(1, 'string'),
    datatype: one(2, 'string'),
    shape: repeated(3, 'int64'),
});
const repositoryChange = new Message('RepositoryModelRequest', {
    repository_name: one(1, 'string'),
    model_name: one(2, 'string'),
    parameters: map(3, new Message('ModelRepositoryParameter', {
        bool_param: optional(1, 'bool'),
        int64_param: optional(2, 'int64'),
        string_param: optional(3, 'string'),
        bytes_param: optional(4, 'bytes'),
    })),
});
const service = 'inference.GRPCInferenceService';
function rpc(name, request, response, { service: of = service, requestStream = false, responseStream = false } = {}) {
    return { path: `/${of}/${name}`, request, response, requestStream, responseStream };
}
/**
 * The calls of the Open Inference Protocol over gRPC, with those that Triton adds to its service.
 * Sources: the protocol's `open_inference_grpc.proto`; the descriptors of `tritonclient.grpc.service_pb2`, version 2.73.
 */
export const rpcs = {
    serverLive: rpc('ServerLive', empty, new Message('ServerLiveResponse', { live: one(1, 'bool') })),
    serverReady: rpc('ServerReady', empty, new Message('ServerReadyResponse', { ready: one(1, 'bool') })),
    modelReady: rpc('ModelReady', modelName, new Message('ModelReadyResponse', { ready: one(1, 'bool') })),
    serverMetadata: rpc('ServerMetadata', empty, new Message('ServerMetadataResponse', {
        name: one(1, 'string'),
        version: one(2, 'string'),
        extensions: repeated(3, 'string'),
    })),
    modelMetadata: rpc('ModelMetadata', modelName, new Message('ModelMetadataResponse', {
        name: one(1, 'string'),
        versions: repeated(2, 'string'),
        platform: one(3, 'string'),
        inputs: repeated(4, tensorMetadata),
        outputs: repeated(5, tensorMetadata),
    })),
    modelConfig: rpc('ModelConfig', modelName, new Message('ModelConfigResponse', { config: optional(1, modelConfig) })),
    modelStatistics: rpc('ModelStatistics', modelName, modelStatisticsResponse),
    modelInfer: rpc('ModelInfer', inferRequest, inferResponse),
    modelStreamInfer: rpc('ModelStreamInfer', inferRequest, streamInferResponse, {
        requestStream: true,
        responseStream: true,
    }),
    repositoryIndex: rpc('RepositoryIndex', new Message('RepositoryIndexRequest', {
        repository_name: one(1, 'string'),
        ready: one(2, 'bool'),
    }), new Message('RepositoryIndexResponse', {
        models: repeated(1, new Message('ModelIndex', {
            name: one(1, 'string'),
            version: one(2, 'string'),
            state: one(3, 'string'),
            reason: one(4, 'string'),
        })),
    })),
    repositoryModelLoad: rpc('RepositoryModelLoad', repositoryChange, empty),
    repositoryModelUnload: rpc('RepositoryModelUnload', repositoryChange, empty),
    healthCheck: rpc('Check', new Message('HealthCheckRequest', { service: one(1, 'string') }), new Message('HealthCheckResponse', { status: one(1, healthStatus()) }), { service: 'grpc.health.v1.Health' }),
    healthWatch: rpc('Watch', new Message('HealthCheckRequest', { service: one(1, 'string') }), new Message('HealthCheckResponse', { status: one(1, healthStatus()) }), { service: 'grpc.health.v1.Health', responseStream: true }),
};
function healthStatus() {
    return choice({ UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 });
}
const emptyRpc = (name) => rpc(name, empty, empty);
/** What Triton's service has and this one has not: known, so that a client reads why. */
export const absentRpcs = Object.fromEntries([
    'SystemSharedMemoryStatus',
    'SystemSharedMemoryRegister',
    'SystemSharedMemoryUnregister',
    'CudaSharedMemoryStatus',
    'CudaSharedMemoryRegister',
    'CudaSharedMemoryUnregister',
    'TraceSetting',
    'LogSettings',
].map((name) => [name, emptyRpc(name)]));
