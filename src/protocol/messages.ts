/**
 * The messages of the Open Inference Protocol v2, in memory: what JSON, the binary extension and gRPC carry alike. Those
 * without tensors have the member names of the wire.
 */
import type { Strings } from '../tensor/strings.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Datatype } from './datatype.js';

export type ParameterValue = string | number | bigint | boolean;

/** Without a prototype, whoever makes it from a message: its keys are the sender's. */
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** BYTES are strings, everything else is a tensor. */
export type TensorContent = Tensor | Strings;

/** One input or output with its values. */
export interface NamedTensor {
  readonly name: string;
  readonly content: TensorContent;
  readonly parameters?: Parameters;
}

/** An output that the caller asks for. */
export interface RequestedOutput {
  readonly name: string;
  /** `classification` (how many classes) and `binary_data` are known. */
  readonly parameters?: Parameters;
}

export interface InferRequest {
  readonly id?: string;
  /** `priority` (1 is the most urgent), `timeout` (microseconds) and `binary_data_output` are known. */
  readonly parameters?: Parameters;
  readonly inputs: readonly NamedTensor[];
  /** Default: all of them. */
  readonly outputs?: readonly RequestedOutput[];
}

export interface InferResponse {
  /** The request's. */
  readonly id?: string;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly parameters?: Parameters;
  readonly outputs: readonly NamedTensor[];
}

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export interface TensorMetadata {
  readonly name: string;
  /** Empty where only a request can tell: a TorchScript file says neither dtype nor shape. */
  readonly datatype: Datatype | '';
  /** -1 for any size. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export interface TensorConfig {
  readonly name: string;
  readonly data_type: `TYPE_${string}`;
  /** Without the batch dimension where `max_batch_size` is more than 0. */
  readonly dims: readonly number[];
  readonly optional?: boolean;
}

/** A model's configuration, with the members of Triton's that mean something here. */
export interface ModelConfig {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  readonly version_policy: { readonly specific: { readonly versions: readonly string[] } };
  /** 0 where requests are not batched. */
  readonly max_batch_size: number;
  readonly input: readonly TensorConfig[];
  readonly output: readonly TensorConfig[];
  readonly instance_group: readonly {
    readonly name: string;
    readonly kind: 'KIND_CPU' | 'KIND_GPU';
    readonly count: number;
  }[];
  readonly dynamic_batching?: {
    readonly preferred_batch_size: readonly number[];
    readonly max_queue_delay_microseconds: number;
  };
  readonly model_transaction_policy: { readonly decoupled: false };
  readonly parameters: Readonly<Record<string, { readonly string_value: string }>>;
}

export interface DurationStatistics {
  readonly count: number;
  readonly ns: number;
}

export interface BatchStatistics {
  /** Rows of each batch. */
  readonly batch_size: number;
  readonly compute_input: DurationStatistics;
  readonly compute_infer: DurationStatistics;
  readonly compute_output: DurationStatistics;
}

export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since the epoch; 0 before the first. */
  readonly last_inference: number;
  /** Rows that succeeded. */
  readonly inference_count: number;
  /** Runs that succeeded. */
  readonly execution_count: number;
  readonly inference_stats: Readonly<
    Record<
      'success' | 'fail' | 'queue' | 'compute_input' | 'compute_infer' | 'compute_output' | 'cache_hit' | 'cache_miss',
      DurationStatistics
    >
  >;
  readonly response_stats: Readonly<Record<string, never>>;
  readonly batch_stats: readonly BatchStatistics[];
  readonly memory_usage: readonly { readonly type: 'CPU' | 'GPU'; readonly id: number; readonly byte_size: number }[];
}

/** One line of the repository's index. */
export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: 'READY' | 'UNAVAILABLE' | 'LOADING' | 'UNLOADING' | 'UNKNOWN';
  /** Why it is in no other state. */
  readonly reason: string;
}
