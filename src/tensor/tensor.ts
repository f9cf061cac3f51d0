import { expected, torchError } from '../errors.js';
import type { DType } from './dtype.js';
import { bfloat16ToFloat32, float16ToFloat32 } from './float16.js';
import { checkDType, dtypeTable, type TensorData } from './dtype.js';
import { flatten, nest, type Nested } from './nested.js';
import { elementCount, formatShape } from './shape.js';

/** Anything that a Tensor's `data` may be given as: the dtype's typed array, or a Float16Array for float16. */
export type TensorDataLike = TensorData | ArrayBufferView;

/**
 * A dense tensor in row-major order.
 *
 * `data` is the typed array of the dtype: float16 and bfloat16 bits are a `Uint16Array`, int64 a `BigInt64Array`, bool
 * a `Uint8Array` of 0 and 1. The array is not copied here; a run copies it when it is submitted.
 */
export class Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;

  /**
   * @param data elements in row-major order, as many as the shape says
   * @throws ERR_INVALID_DTYPE, ERR_INVALID_SHAPE, ERR_INVALID_INPUT
   */
  constructor(dtype: DType, data: TensorDataLike, shape: readonly number[]) {
    checkDType(dtype);
    // Read once: what was checked is what is kept.
    const own = Array.isArray(shape) ? [...(shape as readonly number[])] : shape;
    const elements = elementCount(own);
    this.dtype = dtype;
    this.shape = Object.freeze(own);
    this.data = checkedData(dtype, data);
    if (this.data.length !== elements) {
      const detached = elements > 0 && isDetached(this.data);
      throw torchError(
        'ERR_INVALID_SHAPE',
        `Expected ${elements} elements for shape ${formatShape(this.shape)} but received ${detached ? 'a detached buffer' : this.data.length}`,
      );
    }
    Object.freeze(this);
  }

  /**
   * A tensor of a nested array; numbers make float32, bigints int64, booleans bool, unless a dtype is given.
   * @throws ERR_INVALID_SHAPE when the nesting is ragged, ERR_INVALID_INPUT or ERR_OUT_OF_RANGE when an element does not fit
   */
  static from(nested: Nested, dtype?: DType): Tensor {
    const flat = flatten(nested, dtype);
    return new Tensor(flat.dtype, flat.data, flat.shape);
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /**
   * The elements as nested arrays (a single value for rank 0): numbers, bigints (64-bit integers) or booleans.
   * @throws ERR_INVALID_SHAPE when the buffer was detached since, or for more than 2^24 empty arrays
   */
  toArray(): Nested {
    return nest(this.dtype, this.data, this.shape);
  }

  /**
   * A float32 tensor of the same shape and numbers, in memory of its own: exact for float16, bfloat16, bool and integers of
   * up to 16 bits, rounded for the others.
   */
  toFloat32(): Tensor {
    const { dtype, data, shape } = this;
    if (dtype === 'float16') return new Tensor('float32', float16ToFloat32(data as Uint16Array), shape);
    if (dtype === 'bfloat16') return new Tensor('float32', bfloat16ToFloat32(data as Uint16Array), shape);
    return new Tensor('float32', Float32Array.from<number | bigint>(data, Number), shape);
  }
}

function checkedData(dtype: DType, data: TensorDataLike): TensorData {
  const { array } = dtypeTable[dtype];
  if (data instanceof array) return data;
  if (dtype === 'float16' && Object.prototype.toString.call(data) === '[object Float16Array]') {
    const bits = data as ArrayBufferView;
    return new Uint16Array(bits.buffer, bits.byteOffset, bits.byteLength / 2);
  }
  throw expected(`a ${array.name}`, `the data of a ${dtype} tensor`, data);
}

function isDetached(data: TensorData): boolean {
  return data.buffer.byteLength === 0;
}
