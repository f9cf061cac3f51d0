/** What goes before a model and after it: `node-libtorch/tasks`. Everything is a function usable alone. */
export { imageToTensor } from './image/to-tensor.js';
export { imagenet, type ImageOptions } from './image/spec.js';
export { softmax } from './scores/softmax.js';
export { sigmoid } from './scores/sigmoid.js';
export { topK } from './scores/top-k.js';
export { multiLabel, type MultiLabelOptions } from './scores/multi-label.js';
export { clsPool, meanPool } from './scores/pool.js';
export { cosineSimilarity, normalize } from './scores/normalize.js';
export { postprocessorFor, type Postprocessor } from './postprocessor.js';
export type { Answer } from './kinds/index.js';
export type { EmbeddingAnswer } from './kinds/embedding.js';
export type { PostprocessOptions } from './kinds/kind.js';
export type { LabelAnswer } from './kinds/labels.js';
export type { Ranked } from './scores/ranked.js';
