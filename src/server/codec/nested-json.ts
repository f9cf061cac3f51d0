import type { TensorContent } from '../../protocol/messages.js';
import { decoderOf } from '../../tensor/element.js';
import { Tensor } from '../../tensor/tensor.js';

/**
 * A tensor or strings as JSON text: arrays in arrays. Integers of 64 bits are exact, which `JSON.stringify` cannot write;
 * NaN and the infinities are null, because JSON has no numbers for them.
 */
export function nestedJson(content: TensorContent): string {
  return write(content.shape, 0, elementWriter(content), { at: 0 });
}

/** The same, for each row by itself: what dimension 0 counts. Rank 0 has none. */
export function rowsJson(content: TensorContent): string[] {
  const [rows = 0, ...shape] = content.shape;
  const element = elementWriter(content);
  const cursor = { at: 0 };
  return Array.from({ length: rows }, () => write(shape, 0, element, cursor));
}

type ElementWriter = (index: number) => string;

function elementWriter(content: TensorContent): ElementWriter {
  if (!(content instanceof Tensor)) return (index) => JSON.stringify(content.data[index]);
  const { data, dtype } = content;
  const decode = decoderOf(dtype);
  return (index) => {
    const value = decode(data[index] as number | bigint);
    if (typeof value === 'number' && !Number.isFinite(value)) return 'null';
    return Object.is(value, -0) ? '-0' : String(value);
  };
}

function write(shape: readonly number[], axis: number, element: ElementWriter, cursor: { at: number }): string {
  if (axis === shape.length) return element(cursor.at++);
  const parts: string[] = [];
  for (let i = 0; i < (shape[axis] as number); i++) parts.push(write(shape, axis + 1, element, cursor));
  return `[${parts.join(',')}]`;
}
