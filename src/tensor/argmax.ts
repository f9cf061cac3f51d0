import * as check from '../check.js';
import { torchError } from '../errors.js';
import { dtypeTable, type DType, type TensorData } from './dtype.js';
import { decodeBFloat16, decodeFloat16 } from './float16.js';
import { formatShape } from './shape.js';

interface Elements {
  readonly dtype: DType;
  readonly data: TensorData;
  readonly shape: readonly number[];
}

/** The place of the greatest of all elements. @throws ERR_INVALID_SHAPE for a tensor without elements */
export function argmaxOfAll({ dtype, data, shape }: Elements): number {
  if (data.length === 0) throw empty(shape);
  return greatest(data, 0, 1, data.length, comparable(dtype));
}

/**
 * The places of the greatest elements along an axis, and the shape that is left without it.
 * @throws ERR_INVALID_ARGUMENT for an axis that the tensor does not have, ERR_INVALID_SHAPE for an axis of size 0
 */
export function argmaxAlong({ dtype, data, shape }: Elements, axis: number): { data: BigInt64Array; shape: number[] } {
  const rank = Math.max(1, shape.length); // as PyTorch has it, rank 0 has an axis of one element
  check.integer('axis', axis, -rank, rank - 1);
  const at = axis < 0 ? axis + rank : axis;
  const count = shape[at] ?? 1;
  if (count === 0) throw empty(shape);
  const step = sizeOf(shape.slice(at + 1));
  const outer = sizeOf(shape.slice(0, at));
  const best = new BigInt64Array(outer * step);
  const read = comparable(dtype);
  for (let i = 0; i < best.length; ++i) {
    const from = Math.floor(i / step) * count * step + (i % step);
    best[i] = BigInt(greatest(data, from, step, count, read));
  }
  return { data: best, shape: shape.toSpliced(at, 1) };
}

type Read = (element: number | bigint) => number | bigint;

/** As PyTorch has it: the first of equal elements, and NaN is greater than any number. */
function greatest(data: TensorData, from: number, step: number, count: number, read: Read): number {
  let best = 0;
  let top = read(data[from] as number);
  for (let i = 1; i < count; ++i) {
    const element = read(data[from + i * step] as number);
    if (element > top || (Number.isNaN(element) && !Number.isNaN(top))) {
      top = element;
      best = i;
    }
  }
  return best;
}

/** Any byte but 0 is true; half precision is bits. */
function comparable(dtype: DType): Read {
  if (dtype === 'float16') return (bits) => decodeFloat16(bits as number);
  if (dtype === 'bfloat16') return (bits) => decodeBFloat16(bits as number);
  return dtypeTable[dtype].kind === 'bool' ? (byte) => (byte === 0 ? 0 : 1) : (element) => element;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function empty(shape: readonly number[]) {
  return torchError(
    'ERR_INVALID_SHAPE',
    `Expected at least one element for argmax but the shape is ${formatShape(shape)}`,
  );
}
