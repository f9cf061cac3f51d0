import { expected, torchError } from '../../errors.js';
import { decodeBFloat16, decodeFloat16 } from '../../tensor/float16.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import type { DType } from '../../tensor/dtype.js';

/** A floating-point tensor seen as rows: everything before its last dimension is rows, the last is a row's values. */
export interface FloatRows {
  /** Numbers, row-major; the tensor's own memory where its dtype is float32 or float64, so not to be written to. */
  readonly values: Float32Array | Float64Array;
  readonly rows: number;
  readonly width: number;
}

const readers: Partial<Record<DType, (data: never) => Float32Array | Float64Array>> = {
  float32: (data: Float32Array) => data,
  float64: (data: Float64Array) => data,
  float16: (data: Uint16Array) => Float32Array.from(data, decodeFloat16),
  bfloat16: (data: Uint16Array) => Float32Array.from(data, decodeBFloat16),
};

/** @throws ERR_INVALID_ARGUMENT (no tensor), ERR_INVALID_DTYPE (not floating-point), ERR_INVALID_SHAPE (rank 0, a detached buffer) */
export function floatRows(tensor: Tensor, what: string): FloatRows {
  const values = floatValues(tensor, what);
  const { shape } = tensor;
  const width = shape.at(-1);
  if (width === undefined) {
    throw torchError('ERR_INVALID_SHAPE', `Expected at least one dimension for ${what} but received rank 0`);
  }
  return { values, rows: shape.slice(0, -1).reduce((product, size) => product * size, 1), width };
}

/** The elements as numbers. @throws as `floatRows` */
export function floatValues(tensor: Tensor, what: string): Float32Array | Float64Array {
  if (!(tensor instanceof Tensor)) throw expected('a Tensor', what, tensor);
  const read = readers[tensor.dtype];
  if (!read) {
    throw torchError('ERR_INVALID_DTYPE', `Expected a floating-point tensor for ${what} but received ${tensor.dtype}`);
  }
  const values = read(tensor.data as never);
  if (values.length === 0 && !tensor.shape.includes(0)) {
    throw torchError('ERR_INVALID_SHAPE', `Expected the elements of ${what} but its buffer was detached`);
  }
  return values;
}

/** A tensor of that shape for results: float64 for float64, else float32. */
export function resultLike(source: Tensor, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return source.dtype === 'float64'
    ? new Tensor('float64', new Float64Array(count), shape)
    : new Tensor('float32', new Float32Array(count), shape);
}

/** @throws ERR_INVALID_SHAPE */
export function requireRank(tensor: Tensor, rank: number, meaning: string, what: string): void {
  if (!(tensor instanceof Tensor)) throw expected('a Tensor', what, tensor);
  if (tensor.shape.length === rank) return;
  throw torchError(
    'ERR_INVALID_SHAPE',
    `Expected shape ${meaning} for ${what} but received ${formatShape(tensor.shape)}`,
  );
}

/** Names the row, never its values: messages end up in logs. */
export function notFinite(what: string, row: number) {
  return torchError('ERR_NOT_FINITE', `Expected finite numbers for ${what} but row ${row} holds NaN or an infinity`);
}
