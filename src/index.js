/** The public surface of node-libtorch. The HTTP server is `node-libtorch/server`. */
export { loadModel } from './engines/index.js';
export { runtime } from './engines/runtime.js';
export { Tensor } from './tensor/tensor.js';
export { bfloat16ToFloat32, float16ToFloat32, float32ToBFloat16, float32ToFloat16 } from './tensor/float16.js';
export { ModelRegistry, signatureOf, } from './registry/index.js';
export { BatchQueue } from './batching/index.js';
export { ModelHost, } from './serving/index.js';
export { EnvironmentError, ExecutionError, HttpError, InputError, LifecycleError, LoadError, OverloadError, TorchError, isErrorCode, } from './errors.js';
