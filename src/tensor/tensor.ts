import { torchError } from '../errors.js';
import { argmaxAlong, argmaxOfAll } from './argmax.js';
import { checkDType, isDetached, type DataOf, type DType, type ElementOf, type TensorData } from './dtype.js';
import { decoderOf } from './element.js';
import { bfloat16ToFloat32, float16ToFloat32 } from './float16.js';
import { elementsFromJson, elementsToJson, type TensorJson } from './json.js';
import { fill, flatten, nest, requireElements, type Nested } from './nested.js';
import { realsOf } from './reals.js';
import { checkedShape, elementCount, formatShape, resolveShape } from './shape.js';
import { allocate, dataOf, dtypeOfKind, plainBytes, typedArrayKind, type DTypeOfKind, type Kind } from './dtype.js';

/** What a tensor's `data` may be given as: the dtype's typed array, or a Float16Array for float16. */
export type TensorDataLike<D extends DType = DType> = DataOf<D> | ('float16' extends D ? ArrayBufferView : never);

/** What every copy of this package marks its tensors with. */
const brand = Symbol.for('node-libtorch.Tensor');

/**
 * A dense tensor in row-major order.
 *
 * `data` is the typed array of the dtype: float16 and bfloat16 bits are a `Uint16Array`, int64 a `BigInt64Array`, bool
 * a `Uint8Array` of 0 and 1. The array is not copied here; a run copies it when it is submitted. The tensor is frozen, the
 * elements of `data` are not.
 *
 * @example
 * const pixels = new Tensor('float32', new Float32Array(784), [1, 784]);
 * const tokens = Tensor.from([[101n, 2023n, 102n]]); // int64 [1, 3]
 * const scores = await model.run(pixels);
 * console.log(scores.shape, scores.argmax(), scores.toArray());
 */
export class Tensor<D extends DType = DType> {
  readonly dtype: D;
  /** The size of each dimension; empty for a single value. */
  readonly shape: readonly number[];
  readonly data: DataOf<D>;

  /**
   * Tensors of every copy of this package are tensors: Jest loads one for each test file, `require` and `import` one each. What
   * merely says to be one is checked where it is used: in native code, and by its dtype, data and shape.
   */
  static [Symbol.hasInstance](value: unknown): value is Tensor {
    return typeof value === 'object' && value !== null && brand in value;
  }

  /**
   * @param data elements in row-major order, as many as the shape says; typed arrays of other realms are taken too
   * @throws ERR_INVALID_DTYPE; ERR_INVALID_SHAPE for another number of elements or a detached buffer; ERR_INVALID_ARGUMENT
   * for data that is not the dtype's typed array
   */
  constructor(dtype: D, data: TensorDataLike<D>, shape: readonly number[]) {
    checkDType(dtype);
    const { sizes, elements } = checkedShape(shape);
    this.dtype = dtype;
    this.shape = sizes;
    this.data = dataOf(dtype, data);
    const detached = this.data.length === 0 && isDetached(this.data);
    if (this.data.length !== elements || detached) {
      throw torchError(
        'ERR_INVALID_SHAPE',
        `Expected ${elements} elements for shape ${formatShape(this.shape)} but received ${detached ? 'a detached buffer' : this.data.length}`,
      );
    }
    Object.freeze(this);
  }

  /**
   * A tensor over a typed array, which is not copied. The array's kind gives the dtype: Float32Array is float32,
   * BigInt64Array int64, Uint16Array uint16, Float16Array float16; Uint8ClampedArray and Buffer are uint8.
   * @param shape default: one dimension of all elements
   * @throws ERR_INVALID_SHAPE for another number of elements than the shape has, and for a detached buffer
   */
  static from<K extends Kind>(
    data: ArrayBufferView & { readonly [Symbol.toStringTag]: K },
    shape?: readonly number[],
  ): Tensor<DTypeOfKind<K>>;
  /**
   * A tensor of a nested array.
   * @param dtype default: by the first element, float32 for a number, int64 for a bigint, bool for a boolean
   * @throws ERR_INVALID_DTYPE; ERR_INVALID_SHAPE when the nesting is ragged; ERR_INVALID_INPUT or ERR_OUT_OF_RANGE when an
   * element does not fit
   */
  static from(nested: Nested<number>): Tensor<'float32'>;
  static from(nested: Nested<bigint>): Tensor<'int64'>;
  static from(nested: Nested<boolean>): Tensor<'bool'>;
  static from<D extends DType>(nested: Nested, dtype: D): Tensor<D>;
  static from(nested: Nested, dtype?: DType): Tensor;
  static from(from: unknown, how?: unknown): Tensor {
    const kind = typedArrayKind(from);
    if (kind !== undefined) return fromTyped(kind, from as TensorData, how as readonly number[] | undefined);
    const { dtype, data, shape } = flatten(from as Nested, how as DType | undefined);
    return new Tensor(dtype, data, shape);
  }

  /**
   * A tensor that JSON holds, as `toJSON` wrote it; `data` may also be nested as the shape is, and then `shape` may be left
   * out.
   * @throws ERR_INVALID_INPUT, ERR_INVALID_DTYPE, ERR_INVALID_SHAPE, ERR_OUT_OF_RANGE
   */
  static fromJSON(json: unknown): Tensor {
    if (typeof json !== 'object' || json === null) {
      throw torchError('ERR_INVALID_INPUT', 'Expected an object with dtype, shape and data for a tensor');
    }
    const { dtype, shape, data } = json as Partial<Record<keyof TensorJson, unknown>>;
    checkDType(dtype);
    const elements = flatten(elementsFromJson(data, dtype), dtype);
    const tensor = new Tensor(
      dtype,
      elements.data,
      (shape === undefined ? elements.shape : shape) as readonly number[],
    );
    const nested = formatShape(elements.shape);
    if (elements.shape.length < 2 || nested === formatShape(tensor.shape)) return tensor;
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected data that is flat or nested as its shape ${formatShape(tensor.shape)} is, but it is nested as ${nested}`,
    );
  }

  /**
   * @param dtype default `float32`
   * @throws ERR_INVALID_SHAPE, ERR_INVALID_DTYPE, ERR_OUT_OF_MEMORY
   */
  static zeros<D extends DType = 'float32'>(shape: readonly number[], dtype?: D): Tensor<D>;
  static zeros(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkDType(dtype);
    return new Tensor(dtype, allocate(dtype, elementCount(shape)), shape);
  }

  /**
   * A tensor of one value.
   * @param dtype default: float32 for a number, int64 for a bigint, bool for a boolean
   * @throws ERR_INVALID_SHAPE, ERR_INVALID_DTYPE, ERR_OUT_OF_MEMORY; ERR_INVALID_INPUT or ERR_OUT_OF_RANGE for the value
   */
  static full(shape: readonly number[], value: number): Tensor<'float32'>;
  static full(shape: readonly number[], value: bigint): Tensor<'int64'>;
  static full(shape: readonly number[], value: boolean): Tensor<'bool'>;
  static full<D extends DType>(shape: readonly number[], value: number | bigint | boolean, dtype: D): Tensor<D>;
  static full(shape: readonly number[], value: number | bigint | boolean, dtype?: DType): Tensor;
  static full(shape: readonly number[], value: number | bigint | boolean, dtype?: DType): Tensor {
    const { dtype: own, data } = fill(elementCount(shape), value, dtype);
    return new Tensor(own, data, shape);
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /**
   * A tensor of another shape over the same memory.
   * @param shape one dimension may be -1: it takes what the others leave
   * @throws ERR_INVALID_SHAPE for another number of elements, several -1, or a -1 that could be any size
   */
  reshape(shape: readonly number[]): Tensor<D> {
    requireElements(this.data, elementCount(this.shape));
    return new Tensor<D>(this.dtype, this.data, resolveShape(shape, this.data.length));
  }

  /**
   * The only element: a number, a bigint (64-bit integers) or a boolean.
   * @throws ERR_INVALID_SHAPE unless there is exactly one element
   */
  item(): ElementOf<D> {
    requireElements(this.data, elementCount(this.shape));
    if (this.data.length === 1) return decoderOf(this.dtype)(this.data[0] as number | bigint) as ElementOf<D>;
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected exactly one element for item() but received shape ${formatShape(this.shape)}`,
    );
  }

  /**
   * Where the greatest element is, as `torch.argmax` has it: the first of equal ones; NaN is greater than any number.
   * @returns the place among all elements in row-major order
   * @throws ERR_INVALID_SHAPE for a tensor without elements
   */
  argmax(): number;
  /**
   * @param axis the dimension to look along; negative ones count from the last
   * @returns the places along the axis, in the shape without it
   * @throws ERR_INVALID_ARGUMENT for an axis that is not there, ERR_INVALID_SHAPE for one of size 0
   */
  argmax(axis: number): Tensor<'int64'>;
  argmax(axis?: number): number | Tensor<'int64'> {
    requireElements(this.data, elementCount(this.shape));
    if (axis === undefined) return argmaxOfAll(this);
    const { data, shape } = argmaxAlong(this, axis);
    return new Tensor('int64', data, shape);
  }

  /**
   * The elements as nested arrays (a single value for rank 0): numbers, bigints (64-bit integers) or booleans.
   * @throws ERR_INVALID_SHAPE when the buffer was detached since, or for more than 2^24 empty arrays
   */
  toArray(): Nested<ElementOf<D>> {
    return nest(this.dtype, this.data, this.shape) as Nested<ElementOf<D>>;
  }

  /**
   * What `JSON.stringify` writes, and `fromJSON` and `node-libtorch run --input` read. Every element keeps its
   * value, except that -0 becomes 0.
   * @throws ERR_INVALID_SHAPE when the buffer was detached since
   */
  toJSON(): TensorJson {
    requireElements(this.data, elementCount(this.shape));
    return { dtype: this.dtype, shape: this.shape, data: elementsToJson(this.dtype, this.data) };
  }

  /**
   * A float32 tensor of the same shape and numbers, in memory of its own: exact for float16, bfloat16, bool and integers of
   * up to 16 bits, rounded for the others.
   * @throws ERR_INVALID_SHAPE when the buffer was detached since
   */
  toFloat32(): Tensor<'float32'> {
    requireElements(this.data, elementCount(this.shape));
    const { dtype, data, shape } = this as Tensor;
    if (dtype === 'float16') return new Tensor('float32', float16ToFloat32(data as Uint16Array), shape);
    if (dtype === 'bfloat16') return new Tensor('float32', bfloat16ToFloat32(data as Uint16Array), shape);
    return new Tensor('float32', new Float32Array(realsOf(this)), shape);
  }
}

Object.defineProperty(Tensor.prototype, brand, { value: true });

function fromTyped(kind: Kind, data: TensorData, shape?: readonly number[]): Tensor {
  const dtype = dtypeOfKind(kind);
  // Canvas pixels: the same bytes, which are clamped only when they are written to.
  const own = kind === 'Uint8ClampedArray' ? plainBytes(data) : data;
  return new Tensor<DType>(dtype, own, shape === undefined ? [own.length] : shape);
}
