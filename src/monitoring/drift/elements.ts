/** Reads single elements of tensors of any dtype as numbers. */
import type { DType } from '../../tensor/dtype.js';
import { decodeBFloat16, decodeFloat16 } from '../../tensor/float16.js';
import type { Tensor } from '../../tensor/tensor.js';

/** The elements of one tensor. 64-bit integers are rounded where they are no safe integers. */
export interface Elements {
  readonly data: ArrayLike<number>;
  readonly get: (data: ArrayLike<number>, index: number) => number;
  /** The data itself, where it needs no decoding. */
  readonly plain: Float32Array | Float64Array | undefined;
}

const itself = (data: ArrayLike<number>, index: number): number => data[index] as number;

/** Two halves of a 64-bit integer: to make a bigint of each would take ten times as long. */
const signedHalves = (data: ArrayLike<number>, index: number): number =>
  (data[2 * index + 1] as number) * 2 ** 32 + ((data[2 * index] as number) >>> 0);
const unsignedHalves = (data: ArrayLike<number>, index: number): number =>
  ((data[2 * index + 1] as number) >>> 0) * 2 ** 32 + ((data[2 * index] as number) >>> 0);

const getters: Partial<Record<DType, Elements['get']>> = {
  float16: (data, index) => decodeFloat16(data[index] as number),
  bfloat16: (data, index) => decodeBFloat16(data[index] as number),
  int64: signedHalves,
  uint64: unsignedHalves,
};

/** @param tensor of any dtype; its memory is there */
export function elementsOf({ dtype, data }: Tensor): Elements {
  const get = getters[dtype] ?? itself;
  if (dtype === 'int64' || dtype === 'uint64') {
    return { data: new Int32Array(data.buffer, data.byteOffset, data.length * 2), get, plain: undefined };
  }
  const isPlain = dtype === 'float32' || dtype === 'float64';
  return { data: data as Float32Array, get, plain: isPlain ? (data as Float32Array) : undefined };
}
