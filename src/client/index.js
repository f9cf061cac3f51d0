/** `node-libtorch/client`: a client of servers that speak the Open Inference Protocol. It loads neither LibTorch nor a server. */
export { InferenceClient } from './client.js';
export { InferenceClientError, InferenceConnectionError, InferenceProtocolError, InferenceServerError, InferenceTimeoutError, } from './errors.js';
export { isErrorCode, TorchError } from '../errors.js';
export { Tensor } from '../tensor/tensor.js';
export { bfloat16ToFloat32, float16ToFloat32, float32ToBFloat16, float32ToFloat16 } from '../tensor/float16.js';
