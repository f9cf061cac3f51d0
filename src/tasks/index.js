/** What goes before a model and after it: `node-libtorch/tasks`. Everything is a function usable alone. */
export { imageToTensor } from './image/to-tensor.js';
export { imagenet } from './image/spec.js';
export { softmax } from './scores/softmax.js';
export { sigmoid } from './scores/sigmoid.js';
export { topK } from './scores/top-k.js';
export { multiLabel } from './scores/multi-label.js';
export { clsPool, meanPool } from './scores/pool.js';
export { cosineSimilarity, normalize } from './scores/normalize.js';
export { postprocessorFor } from './postprocessor.js';
