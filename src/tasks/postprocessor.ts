import { answeringKind, type Answer, type Task } from './kinds/index.js';
import type { PostprocessOptions } from './kinds/kind.js';
import type { Tensor } from '../tensor/tensor.js';

export type Postprocessor<T extends Task = Task> = (output: Tensor, options?: PostprocessOptions) => Answer<T>;

/**
 * What turns a model's output into what its task promises, chosen by the record's `task`: softmax and the best classes,
 * sigmoid and the labels from the threshold on, pooling and length 1. Each step is a function of this module by itself.
 * @throws ERR_TASK for a task without an answer
 */
export function postprocessorFor<T extends Task>(task: T): Postprocessor<T> {
  const kind = answeringKind(task);
  return (output, options = {}) => kind.decode(task, output, options) as Answer<T>;
}
