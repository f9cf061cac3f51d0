import { describe, torchError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import type { ClassificationTask, EmbeddingTask, MultiLabelTask, Task } from './task.js';
import { multiLabel } from './scores/multi-label.js';
import { normalize } from './scores/normalize.js';
import { clsPool, meanPool } from './scores/pool.js';
import type { Ranked } from './scores/ranked.js';
import { sigmoid } from './scores/sigmoid.js';
import { softmax } from './scores/softmax.js';
import { topK } from './scores/top-k.js';

/** For each row its best classes, the most probable first; or its labels, any number of them. */
export interface LabelAnswer<T extends 'classification' | 'multi-label'> {
  readonly type: T;
  readonly rows: Ranked[][];
}

export interface EmbeddingAnswer {
  readonly type: 'embedding';
  /** `[rows, size]` */
  readonly embeddings: Tensor;
}

/** What a task's outputs come to, by its type; an `other` task has no answer of its own. */
export interface Answers {
  classification: LabelAnswer<'classification'>;
  'multi-label': LabelAnswer<'multi-label'>;
  embedding: EmbeddingAnswer;
  other: never;
}
export type Answer = Answers[Task['type']];

export interface PostprocessOptions {
  /** Classification: how many classes for each row. Default 5, or all where there are fewer. */
  topK?: number | undefined;
  /** Embedding with mean pooling: the mask that the model was given. */
  attentionMask?: Tensor | undefined;
}

export type Postprocessor<T extends Task = Task> = (output: Tensor, options?: PostprocessOptions) => Answers[T['type']];

const defaultTopK = 5;

const makers: {
  [K in keyof Answers]: (task: Extract<Task, { type: K }>) => Postprocessor<Extract<Task, { type: K }>>;
} = {
  classification:
    ({ activation, labels }: ClassificationTask) =>
    (output, { topK: k = Math.min(defaultTopK, labels.length) } = {}) => {
      const scores = activation === 'softmax' ? softmax(output) : output;
      return { type: 'classification', rows: topK(scores, k, labels) };
    },
  'multi-label':
    ({ activation, labels, threshold }: MultiLabelTask) =>
    (output) => {
      const scores = activation === 'sigmoid' ? sigmoid(output) : output;
      return { type: 'multi-label', rows: multiLabel(scores, { threshold, labels }) };
    },
  embedding: (task: EmbeddingTask) => (output, options) => {
    const pooled = pool(task, output, options?.attentionMask);
    return { type: 'embedding', embeddings: task.normalize ? normalize(pooled) : pooled };
  },
  other: () => {
    throw noAnswer('other');
  },
};

/**
 * What turns a model's output into what its task promises, chosen by the record's `task`: softmax and the best classes,
 * sigmoid and the labels from the threshold on, pooling and length 1. Each step is a function of this module by itself.
 * @throws ERR_TASK for `other`
 */
export function postprocessorFor<T extends Task>(task: T): Postprocessor<T> {
  const type = (task as Task | undefined)?.type;
  if (type === undefined || !Object.hasOwn(makers, type)) throw noAnswer(type);
  return makers[type](task as never) as Postprocessor<T>;
}

function pool({ pooling }: EmbeddingTask, output: Tensor, attentionMask: Tensor | undefined): Tensor {
  if (pooling === 'none') return output;
  return pooling === 'cls' ? clsPool(output) : meanPool(output, attentionMask as Tensor);
}

function noAnswer(type: unknown) {
  return torchError(
    'ERR_TASK',
    `Expected a task of type classification, multi-label or embedding but received ${describe(type)}`,
  );
}
