import type { ImageSpec } from './image/spec.js';

/** One class for each row. */
export interface ClassificationTask {
  readonly type: 'classification';
  /** `softmax`: outputs are logits and softmax is applied when serving; `none`: they are probabilities already. */
  readonly activation: 'softmax' | 'none';
  readonly labels: readonly string[];
  readonly image?: ImageSpec;
}

/** Any number of labels for each row. */
export interface MultiLabelTask {
  readonly type: 'multi-label';
  /** `sigmoid`: outputs are logits; `none`: they are probabilities already. */
  readonly activation: 'sigmoid' | 'none';
  readonly labels: readonly string[];
  /** A label is given from this probability on, inclusive. */
  readonly threshold: number;
  readonly image?: ImageSpec;
}

/** A vector for each text, or whatever else goes in. */
export interface EmbeddingTask {
  readonly type: 'embedding';
  /** How the vectors of tokens become one: their `mean` without padding, the first (`cls`), or the output is one already. */
  readonly pooling: 'mean' | 'cls' | 'none';
  /** Scale to length 1. */
  readonly normalize: boolean;
  /** With `mean`: the input that tells tokens from padding. Default `attention_mask`. */
  readonly attentionMask?: string;
  readonly image?: ImageSpec;
}

export type Task =
  ClassificationTask | MultiLabelTask | EmbeddingTask | { readonly type: 'other'; readonly image?: ImageSpec };
