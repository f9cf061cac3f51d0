/** The public surface of node-libtorch. The HTTP server is `node-libtorch/server`. */
export { loadModel } from './runtime/load.js';
export { runtime } from './runtime/runtime.js';
export { Tensor, type TensorDataLike } from './runtime/tensor.js';
export { bfloat16ToFloat32, float16ToFloat32, float32ToBFloat16, float32ToFloat16 } from './runtime/convert.js';
export type { TensorData } from './runtime/dtype.js';
export type { Nested } from './runtime/nested.js';
export type { Arguments, Value } from './runtime/value.js';
export type { Execution, Model, WarmupOptions, WarmupReport } from './runtime/model.js';
export {
  ModelRegistry,
  signatureOf,
  type FileDigest,
  type ModelRecord,
  type RegistryEntry,
  type RegistryOptions,
} from './registry/index.js';
export { BatchQueue, type BatchQueueOptions, type QueueRunOptions, type QueueStats } from './batching/index.js';
export type { BatchEvent, CloseReason, Fit } from './batching/index.js';
export {
  ModelHost,
  type AnswerInput,
  type AnswerOptions,
  type ServedModel,
  type HostEvents,
  type HostFileModel,
  type HostModel,
  type HostOptions,
  type HostRegistryModel,
  type HostState,
  type RunEvent,
} from './serving/index.js';
export {
  EnvironmentError,
  ExecutionError,
  HttpError,
  InputError,
  LifecycleError,
  LoadError,
  OverloadError,
  TorchError,
  isErrorCode,
  type ErrorCode,
  type ErrorDetail,
} from './errors.js';
export type * from './types.js';
