/** The public surface of node-libtorch. The HTTP server is `node-libtorch/server`. */
export { loadModel } from './engines/index.js';
export type { ModelSource } from './model/source.js';
export { runtime } from './engines/runtime.js';
export { Tensor, type TensorDataLike } from './tensor/tensor.js';
export { bfloat16ToFloat32, float16ToFloat32, float32ToBFloat16, float32ToFloat16 } from './tensor/float16.js';
export type { Nested } from './tensor/nested.js';
export type { Arguments, RunInput, Value } from './tensor/value.js';
export type { InlineStats } from './model/inline-runs.js';
export type { Execution, Model, ModelStats, WarmupOptions, WarmupReport } from './model/model.js';
export type { AnyMethods, Methods, MethodTypes } from './model/methods.js';
export {
  LoadPolicy,
  ModelRegistry,
  referenceOf,
  signatureOf,
  signFolder,
  verifyFolder,
  type Added,
  type AddOptions,
  type AddProgress,
  type AdmissionLimits,
  type AdmissionLoad,
  type ExampleGiven,
  type FileDigest,
  type LoadPolicyOptions,
  type PolicyDecision,
  type PolicySubject,
  type KnownModel,
  type LockLimits,
  type ModelRecord,
  type QuarantineEntry,
  type RegistryEntry,
  type RegistryOptions,
  type Signed,
  type SignedFile,
  type Signer,
  type SigningKeyOptions,
  type SignOptions,
  type SignVersionOptions,
  type SignatureParts,
  type SigstoreIdentity,
  type SpecPart,
  type TrustOptions,
  type VerifiedFolder,
  type VerifiedVersion,
  type VerifyVersionOptions,
} from './registry/index.js';
export { BatchQueue, type BatchQueueOptions, type QueueRunOptions, type QueueStats } from './batching/index.js';
export type { BatchEvent, CloseReason, Fit, QueueEvents, RowCheckEvent } from './batching/index.js';
export {
  ModelHost,
  type AnswerInput,
  type AnswerOptions,
  type BatchCount,
  type CanaryLimitName,
  type CanaryNumbers,
  type CanaryOptions,
  type CanaryReport,
  type ChangeOptions,
  type DurationCount,
  type FailedModel,
  type HostCanaryChange,
  type HostChange,
  type HostEvents,
  type HostFileModel,
  type HostIndexEntry,
  type HostLoadOptions,
  type HostModel,
  type HostOptions,
  type HostPolicy,
  type HostRegistryModel,
  type HostState,
  type HostWarmup,
  type HostWarning,
  type LoadProgress,
  type Quarantined,
  type RunEvent,
  type ServedAnswer,
  type ServedModel,
  type ServedRowCheckEvent,
  type ServedRunOptions,
  type ServedStatistics,
  type SideNumbers,
  type SplitOptions,
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
export type { TaskGiven } from './tasks/kinds/given.js';
export type { Tolerance, Tolerances } from './signature/tolerance.js';
export type { LoadOptions, ModelRunOptions, RunOptions } from './model/options.js';
export type { DeviceChoice, EngineName, ExternalFile, ModelInfo, Optimize } from './model/info.js';
export type { RunTimings } from './async/clock.js';
export type { Task } from './tasks/kinds/index.js';
export type { ClassificationTask } from './tasks/kinds/classification.js';
export type { EmbeddingTask } from './tasks/kinds/embedding.js';
export type { MultiLabelTask } from './tasks/kinds/multi-label.js';
export type { ImageSpec } from './tasks/image/spec.js';
