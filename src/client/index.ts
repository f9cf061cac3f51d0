/** `node-libtorch/client`: a client of servers that speak the Open Inference Protocol. It loads neither LibTorch nor a server. */
export { InferenceClient, type LoadOptions, type WaitOptions } from './client.js';
export type { ModelClient } from './model-client.js';
export type { CallOptions, ClientOptions, HttpAgent, TlsOptions } from './options.js';
export type { Compression, InferOptions } from './infer-options.js';
export type { InputValue, NestedStrings } from './inputs.js';
export type { InferResult } from './result.js';
export type { StreamRequest } from './stream.js';
export type { AnyServed, InputOf, InputsOf, OutputsOf, OutputValue, ServedMethods } from './types.js';
export {
  InferenceClientError,
  InferenceConnectionError,
  InferenceProtocolError,
  InferenceServerError,
  InferenceTimeoutError,
  type InferenceClientErrorOptions,
} from './errors.js';
export { isErrorCode, TorchError, type ErrorCode } from '../errors.js';
export { Tensor, type TensorDataLike } from '../tensor/tensor.js';
export type { DataOf, DType, ElementOf, TensorData } from '../tensor/dtype.js';
export { bfloat16ToFloat32, float16ToFloat32, float32ToBFloat16, float32ToFloat16 } from '../tensor/float16.js';
export type { Nested } from '../tensor/nested.js';
export type { Strings } from '../tensor/strings.js';
export type { Datatype } from '../protocol/datatype.js';
export type {
  BatchStatistics,
  DurationStatistics,
  IndexEntry,
  ModelConfig,
  ModelMetadata,
  ModelStatistics,
  Parameters,
  ParameterValue,
  ServerMetadata,
  TensorConfig,
  TensorMetadata,
} from '../protocol/messages.js';
