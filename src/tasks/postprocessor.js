import { answeringKind } from './kinds/index.js';
/**
 * What turns a model's output into what its task promises, chosen by the record's `task`: softmax and the best classes,
 * sigmoid and the labels from the threshold on, pooling and length 1. Each step is a function of this module by itself.
 * @throws ERR_TASK for a task without an answer
 */
export function postprocessorFor(task) {
    const kind = answeringKind(task);
    return (output, options = {}) => kind.decode(task, output, options);
}
