import type { IndexEntry, ModelMetadata, ServerMetadata, TensorMetadata } from '../messages.js';
import { inferRequest, inferResponse, streamInferResponse } from './infer-messages.js';
import { choice, map, Message, one, optional, repeated } from './message.js';
import { modelConfig, type WireModelConfig } from './model-config.js';
import { modelStatisticsResponse } from './statistics.js';

/** One remote procedure: where it is called, and what goes each way. */
export interface Rpc<Request extends object = object, Response extends object = object> {
  readonly path: `/${string}`;
  readonly request: Message<Request>;
  readonly response: Message<Response>;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** A model, or one version of it; an empty text is the default version. */
export interface ModelName {
  readonly name: string;
  readonly version: string;
}

export interface RepositoryParameter {
  readonly bool_param?: boolean | undefined;
  readonly int64_param?: number | bigint | undefined;
  readonly string_param?: string | undefined;
  readonly bytes_param?: Uint8Array | undefined;
}

/** A load or an unload. */
export interface RepositoryChange {
  readonly repository_name: string;
  readonly model_name: string;
  readonly parameters: Readonly<Record<string, RepositoryParameter>>;
}

type Empty = object;

const empty = new Message<Empty>('Empty', {});
const modelName = new Message<ModelName>('ModelRequest', { name: one(1, 'string'), version: one(2, 'string') });
const tensorMetadata = new Message<TensorMetadata>('TensorMetadata', {
  name: one(1, 'string'),
  datatype: one(2, 'string'),
  shape: repeated(3, 'int64'),
});
const repositoryChange = new Message<RepositoryChange>('RepositoryModelRequest', {
  repository_name: one(1, 'string'),
  model_name: one(2, 'string'),
  parameters: map(
    3,
    new Message<RepositoryParameter>('ModelRepositoryParameter', {
      bool_param: optional(1, 'bool'),
      int64_param: optional(2, 'int64'),
      string_param: optional(3, 'string'),
      bytes_param: optional(4, 'bytes'),
    }),
  ),
});

const service = 'inference.GRPCInferenceService';

function rpc<Request extends object, Response extends object>(
  name: string,
  request: Message<Request>,
  response: Message<Response>,
  { service: of = service, requestStream = false, responseStream = false } = {},
): Rpc<Request, Response> {
  return { path: `/${of}/${name}`, request, response, requestStream, responseStream };
}

/**
 * The calls of the Open Inference Protocol over gRPC, with those that Triton adds to its service.
 * Sources: the protocol's `open_inference_grpc.proto`; the descriptors of `tritonclient.grpc.service_pb2`, version 2.73.
 */
export const rpcs = {
  serverLive: rpc('ServerLive', empty, new Message<{ live: boolean }>('ServerLiveResponse', { live: one(1, 'bool') })),
  serverReady: rpc(
    'ServerReady',
    empty,
    new Message<{ ready: boolean }>('ServerReadyResponse', { ready: one(1, 'bool') }),
  ),
  modelReady: rpc(
    'ModelReady',
    modelName,
    new Message<{ ready: boolean }>('ModelReadyResponse', { ready: one(1, 'bool') }),
  ),
  serverMetadata: rpc(
    'ServerMetadata',
    empty,
    new Message<ServerMetadata>('ServerMetadataResponse', {
      name: one(1, 'string'),
      version: one(2, 'string'),
      extensions: repeated(3, 'string'),
    }),
  ),
  modelMetadata: rpc(
    'ModelMetadata',
    modelName,
    new Message<ModelMetadata>('ModelMetadataResponse', {
      name: one(1, 'string'),
      versions: repeated(2, 'string'),
      platform: one(3, 'string'),
      inputs: repeated(4, tensorMetadata),
      outputs: repeated(5, tensorMetadata),
    }),
  ),
  modelConfig: rpc(
    'ModelConfig',
    modelName,
    new Message<{ config?: WireModelConfig }>('ModelConfigResponse', { config: optional(1, modelConfig) }),
  ),
  modelStatistics: rpc('ModelStatistics', modelName, modelStatisticsResponse),
  modelInfer: rpc('ModelInfer', inferRequest, inferResponse),
  modelStreamInfer: rpc('ModelStreamInfer', inferRequest, streamInferResponse, {
    requestStream: true,
    responseStream: true,
  }),
  repositoryIndex: rpc(
    'RepositoryIndex',
    new Message<{ repository_name: string; ready: boolean }>('RepositoryIndexRequest', {
      repository_name: one(1, 'string'),
      ready: one(2, 'bool'),
    }),
    new Message<{ models: readonly IndexEntry[] }>('RepositoryIndexResponse', {
      models: repeated(
        1,
        new Message<IndexEntry>('ModelIndex', {
          name: one(1, 'string'),
          version: one(2, 'string'),
          state: one(3, 'string'),
          reason: one(4, 'string'),
        }),
      ),
    }),
  ),
  repositoryModelLoad: rpc('RepositoryModelLoad', repositoryChange, empty),
  repositoryModelUnload: rpc('RepositoryModelUnload', repositoryChange, empty),
  healthCheck: rpc(
    'Check',
    new Message<{ service: string }>('HealthCheckRequest', { service: one(1, 'string') }),
    new Message<{ status: HealthStatus }>('HealthCheckResponse', { status: one(1, healthStatus()) }),
    { service: 'grpc.health.v1.Health' },
  ),
  healthWatch: rpc(
    'Watch',
    new Message<{ service: string }>('HealthCheckRequest', { service: one(1, 'string') }),
    new Message<{ status: HealthStatus }>('HealthCheckResponse', { status: one(1, healthStatus()) }),
    { service: 'grpc.health.v1.Health', responseStream: true },
  ),
} as const;

/** Source: grpc/grpc `src/proto/grpc/health/v1/health.proto`. */
export type HealthStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

function healthStatus() {
  return choice({ UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } satisfies Record<HealthStatus, number>);
}

const emptyRpc = (name: string): Rpc => rpc(name, empty, empty);

/** What Triton's service has and this one has not: known, so that a client reads why. */
export const absentRpcs: Readonly<Record<string, Rpc>> = Object.fromEntries(
  [
    'SystemSharedMemoryStatus',
    'SystemSharedMemoryRegister',
    'SystemSharedMemoryUnregister',
    'CudaSharedMemoryStatus',
    'CudaSharedMemoryRegister',
    'CudaSharedMemoryUnregister',
    'TraceSetting',
    'LogSettings',
  ].map((name) => [name, emptyRpc(name)]),
);
