/** The public surface of `@node-libtorch/core`: models, tensors and batches, without registry, server and command line. */
export { loadModel } from './engines/index.js';
export type { ModelSource } from './model/source.js';
export { runtime } from './engines/runtime.js';
export type { RuntimeInfo } from './engines/runtime-info.js';
export type { LiveModel } from './model/live-models.js';
export type { ThreadSettings } from './model/threads.js';
export { Tensor, type TensorDataLike } from './tensor/tensor.js';
export { bfloat16ToFloat32, float16ToFloat32, float32ToBFloat16, float32ToFloat16 } from './tensor/float16.js';
export type { Nested } from './tensor/nested.js';
export type { Arguments, DictKey, RunInput, Value } from './tensor/value.js';
export type { InlineStats } from './model/inline-runs.js';
export type { Execution, Model, ModelStats, WarmupOptions, WarmupReport } from './model/model.js';
export type { AnyMethods, Methods, MethodTypes } from './model/methods.js';
export { BatchQueue, type BatchQueueOptions, type QueueRunOptions, type QueueStats } from './batching/index.js';
export type {
  BatchEvent,
  CloseReason,
  Fit,
  QueueEvents,
  ResolvedBatchOptions,
  RowCheckEvent,
} from './batching/index.js';
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
  type ElementFault,
  type ErrorDetail,
  type ErrorFamily,
  type TorchErrorOptions,
} from './errors.js';
export type { DataOf, DType, ElementOf, Precision, TensorData } from './tensor/dtype.js';
export type { TensorJson } from './tensor/json.js';
export type {
  Dimension,
  DimensionBounds,
  MethodArgument,
  MethodSchema,
  Signature,
  TensorSpec,
} from './signature/spec.js';
export type { Tolerance, Tolerances } from './signature/tolerance.js';
export type { LoadOptions, ModelRunOptions, RunOptions } from './model/options.js';
export type { DeviceChoice, EngineName, ExternalFile, ExtraFile, ModelInfo, Optimize } from './model/info.js';
export type { RunTimings } from './async/clock.js';
