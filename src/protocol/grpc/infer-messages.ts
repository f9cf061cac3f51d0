import { map, Message, one, optional, packed, repeated, type Run } from './message.js';

/** The messages of inference as they are on the wire. Source: the Open Inference Protocol's `open_inference_grpc.proto`. */

/** One of its members is set. */
export interface WireParameter {
  readonly bool_param?: boolean | undefined;
  readonly int64_param?: number | bigint | undefined;
  readonly string_param?: string | undefined;
  readonly double_param?: number | undefined;
  readonly uint64_param?: number | bigint | undefined;
}

export type WireParameters = Readonly<Record<string, WireParameter>>;

/** Elements by the kind of their datatype; one of them holds some. */
export interface WireContents {
  readonly bool_contents: readonly boolean[];
  readonly int_contents: readonly number[];
  readonly int64_contents: readonly (number | bigint)[];
  readonly uint_contents: readonly number[];
  readonly uint64_contents: readonly (number | bigint)[];
  /** A `Run` where it was read, bytes where it is written. */
  readonly fp32_contents: Run | Uint8Array | undefined;
  readonly fp64_contents: Run | Uint8Array | undefined;
  readonly bytes_contents: readonly Uint8Array[];
}

export interface WireTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly (number | bigint)[];
  readonly parameters: WireParameters;
  readonly contents?: Partial<WireContents> | undefined;
}

export interface WireRequestedOutput {
  readonly name: string;
  readonly parameters: WireParameters;
}

export interface WireInferRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: WireParameters;
  readonly inputs: readonly WireTensor[];
  readonly outputs: readonly WireRequestedOutput[];
  readonly raw_input_contents: readonly Uint8Array[];
}

export interface WireInferResponse {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: WireParameters;
  readonly outputs: readonly WireTensor[];
  readonly raw_output_contents: readonly Uint8Array[];
}

/** A stream's answer to one request: this or that. */
export interface WireStreamResponse {
  readonly error_message: string;
  readonly infer_response?: WireInferResponse | undefined;
}

const parameter = new Message<WireParameter>('InferParameter', {
  bool_param: optional(1, 'bool'),
  int64_param: optional(2, 'int64'),
  string_param: optional(3, 'string'),
  double_param: optional(4, 'double'),
  uint64_param: optional(5, 'uint64'),
});

const contents = new Message<WireContents>('InferTensorContents', {
  bool_contents: repeated(1, 'bool'),
  int_contents: repeated(2, 'int32'),
  int64_contents: repeated(3, 'int64'),
  uint_contents: repeated(4, 'uint32'),
  uint64_contents: repeated(5, 'uint64'),
  fp32_contents: packed(6, 'float'),
  fp64_contents: packed(7, 'double'),
  bytes_contents: repeated(8, 'bytes'),
});

const tensor = (name: string) =>
  new Message<WireTensor>(name, {
    name: one(1, 'string'),
    datatype: one(2, 'string'),
    shape: repeated(3, 'int64'),
    parameters: map(4, parameter),
    contents: optional(5, contents),
  });

export const inferRequest = new Message<WireInferRequest>('ModelInferRequest', {
  model_name: one(1, 'string'),
  model_version: one(2, 'string'),
  id: one(3, 'string'),
  parameters: map(4, parameter),
  inputs: repeated(5, tensor('InferInputTensor')),
  outputs: repeated(
    6,
    new Message<WireRequestedOutput>('InferRequestedOutputTensor', {
      name: one(1, 'string'),
      parameters: map(2, parameter),
    }),
  ),
  raw_input_contents: repeated(7, 'bytes'),
});

export const inferResponse = new Message<WireInferResponse>('ModelInferResponse', {
  model_name: one(1, 'string'),
  model_version: one(2, 'string'),
  id: one(3, 'string'),
  parameters: map(4, parameter),
  outputs: repeated(5, tensor('InferOutputTensor')),
  raw_output_contents: repeated(6, 'bytes'),
});

export const streamInferResponse = new Message<WireStreamResponse>('ModelStreamInferResponse', {
  error_message: one(1, 'string'),
  infer_response: optional(2, inferResponse),
});
