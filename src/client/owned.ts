import type { NamedTensor } from '../protocol/messages.js';
import { Tensor } from '../tensor/tensor.js';

/** A tensor with memory that it shares with nothing: whoever transfers or keeps one output has that one alone. */
export function owned(output: NamedTensor): NamedTensor {
  const { content } = output;
  if (!(content instanceof Tensor) || content.data.buffer.byteLength === content.data.byteLength) return output;
  return { ...output, content: new Tensor(content.dtype, content.data.slice(), content.shape) };
}
