import type { ErrorDetail } from '../../errors.js';
import type { Signature } from '../../signature/spec.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Value } from '../../tensor/value.js';
import { normalize } from '../scores/normalize.js';
import { checkTokens, clsPool, meanPool } from '../scores/pool.js';
import { encodeImages } from './images.js';
import type { AnyTask, TaskKind } from './kind.js';
import { oneOf, textSchema } from './labels.js';

/** A vector for each text, or for each of what else goes in. */
export interface EmbeddingTask extends AnyTask {
  readonly type: 'embedding';
  /** How the vectors of tokens become one: their `mean` without padding, the first (`cls`), or the output is one already. */
  readonly pooling: 'mean' | 'cls' | 'none';
  /** Scale to length 1. */
  readonly normalize: boolean;
  /** With `mean`: the input that tells tokens from padding. Default `attention_mask`. */
  readonly attentionMask?: string;
}

export interface EmbeddingAnswer {
  readonly type: 'embedding';
  /** `[rows, size]` */
  readonly embeddings: Tensor;
}

const defaultMask = 'attention_mask';

export const embedding: TaskKind<EmbeddingTask, EmbeddingAnswer> = {
  type: 'embedding',
  members: { pooling: oneOf('mean', 'cls', 'none'), normalize: { type: 'boolean' }, attentionMask: textSchema },
  defaults: { pooling: 'mean', normalize: true },
  pipelines: { image: 'image-feature-extraction', text: 'feature-extraction', unknown: 'feature-extraction' },
  optional: ['attentionMask'],
  faults: embeddingFaults,
  encode: encodeImages,
  decodeOptions({ pooling, attentionMask: name = defaultMask }, { inputs }, args) {
    if (pooling !== 'mean') return {};
    const place = inputs.findIndex((spec) => spec.name === name);
    const mask = Array.isArray(args) ? (args as readonly Value[])[place] : (args as Record<string, Value>)[name];
    // Anything else is refused when the arguments are bound.
    if (!(mask instanceof Tensor)) return {};
    checkTokens(mask);
    return { attentionMask: mask };
  },
  decode(task, output, { attentionMask }) {
    const pooled = pool(task, output, attentionMask);
    return { type: 'embedding', embeddings: task.normalize ? normalize(pooled) : pooled };
  },
  toJson({ embeddings }) {
    return { embeddings: embeddings.toArray() as readonly unknown[] };
  },
};

function pool({ pooling }: EmbeddingTask, output: Tensor, attentionMask: Tensor | undefined): Tensor {
  if (pooling === 'none') return output;
  return pooling === 'cls' ? clsPool(output) : meanPool(output, attentionMask as Tensor);
}

function* embeddingFaults(
  { pooling, attentionMask = defaultMask }: EmbeddingTask,
  { inputs, outputs }: Signature,
): Generator<ErrorDetail> {
  const rank = outputs[0]?.shape?.length;
  const wanted = pooling === 'none' ? 2 : 3;
  if (rank !== wanted) {
    const meaning = pooling === 'none' ? '[rows, size]' : '[rows, tokens, size]';
    yield { pointer: '/task/pooling', detail: `must be of an output ${meaning}, not of rank ${rank}` };
  }
  if (pooling !== 'mean') return;
  const mask = inputs.find(({ name }) => name === attentionMask);
  if (mask?.shape?.length !== 2) {
    yield { pointer: '/task/attentionMask', detail: `must name an input [rows, tokens], not ${attentionMask}` };
  }
}
