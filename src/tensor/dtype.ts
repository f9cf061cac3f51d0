import { describe, expected, torchError, withArticle } from '../errors.js';

/**
 * What the elements of a tensor are, by PyTorch's names. LibTorch takes all of them, but few of its operators compute in
 * `uint16`, `uint32` or `uint64`. ONNX models take all but `bfloat16`.
 */
export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

/** The typed array of each dtype; float16 and bfloat16 as 16 raw bits, bool as bytes of 0 and 1. */
interface DTypeArrays extends Record<DType, unknown> {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
}

/** The typed array that holds the elements of a dtype. */
export type DataOf<D extends DType = DType> = DTypeArrays[D];

/** The typed array of any dtype. */
export type TensorData = DataOf;

/** One element in JavaScript. */
export type ElementOf<D extends DType = DType> = D extends 'bool'
  ? boolean
  : D extends 'int64' | 'uint64'
    ? bigint
    : number;

/** The number format that a model computes in; `auto` is the artifact's own dtypes. */
export type Precision = 'auto' | 'fp32' | 'fp16' | 'bf16';

type TypedArrayConstructor =
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | Uint16ArrayConstructor
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Int16ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor
  | BigInt64ArrayConstructor
  | BigUint64ArrayConstructor;

export interface DTypeRow {
  /** The typed array that holds the elements; float16 and bfloat16 as raw bits. */
  readonly array: TypedArrayConstructor;
  readonly bytes: number;
  readonly kind: 'float' | 'int' | 'bool';
  /** Inclusive bounds of the integer kinds. */
  readonly min?: bigint;
  readonly max?: bigint;
}

const int = (array: TypedArrayConstructor, bits: number): DTypeRow => ({
  array,
  bytes: bits / 8,
  kind: 'int',
  min: -(2n ** BigInt(bits - 1)),
  max: 2n ** BigInt(bits - 1) - 1n,
});
const uint = (array: TypedArrayConstructor, bits: number): DTypeRow => ({
  array,
  bytes: bits / 8,
  kind: 'int',
  min: 0n,
  max: 2n ** BigInt(bits) - 1n,
});

/** The one table of dtypes; native/engine/dtype.cc has the same names, held together by a test. */
export const dtypeTable: Readonly<Record<DType, DTypeRow>> = {
  float32: { array: Float32Array, bytes: 4, kind: 'float' },
  float64: { array: Float64Array, bytes: 8, kind: 'float' },
  float16: { array: Uint16Array, bytes: 2, kind: 'float' },
  bfloat16: { array: Uint16Array, bytes: 2, kind: 'float' },
  int8: int(Int8Array, 8),
  uint8: uint(Uint8Array, 8),
  int16: int(Int16Array, 16),
  uint16: uint(Uint16Array, 16),
  int32: int(Int32Array, 32),
  uint32: uint(Uint32Array, 32),
  int64: int(BigInt64Array, 64),
  uint64: uint(BigUint64Array, 64),
  bool: { array: Uint8Array, bytes: 1, kind: 'bool' },
};

export const dtypes = Object.keys(dtypeTable) as readonly DType[];

export function isDType(value: unknown): value is DType {
  return typeof value === 'string' && Object.hasOwn(dtypeTable, value);
}

/** @throws ERR_INVALID_DTYPE */
export function checkDType(dtype: unknown): asserts dtype is DType {
  if (isDType(dtype)) return;
  throw torchError(
    'ERR_INVALID_DTYPE',
    `Expected one of ${dtypes.join(', ')} for dtype but received ${describe(dtype)}`,
  );
}

// Typed arrays by their kind. A tag tells it, not `instanceof`: each realm (vm, Jest) has constructors of its own.

/** The dtype of each kind of typed array. */
const dtypeByKind = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  Float16Array: 'float16',
  Int8Array: 'int8',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Int16Array: 'int16',
  Uint16Array: 'uint16',
  Int32Array: 'int32',
  Uint32Array: 'uint32',
  BigInt64Array: 'int64',
  BigUint64Array: 'uint64',
} as const satisfies Readonly<Record<string, DType>>;

/** Which kind of typed array it is. */
export type Kind = keyof typeof dtypeByKind;

export type DTypeOfKind<K extends Kind> = (typeof dtypeByKind)[K];

// Reads what JavaScript itself keeps of the array, so that nothing else can pass for one.
const { get: tag } = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
) as { get: { call: (value: unknown) => Kind | undefined } };

/** The name of a typed array's kind; undefined for anything else. A Buffer is a `Uint8Array`. */
export function typedArrayKind(value: unknown): Kind | undefined {
  return tag.call(value);
}

/**
 * A view of the same memory that is a Uint8Array and nothing more.
 * @throws ERR_INVALID_SHAPE for a detached buffer
 */
export function plainBytes(view: ArrayBufferView): Uint8Array {
  requireMemory(view);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function requireMemory(view: ArrayBufferView): void {
  if (isDetached(view))
    throw torchError('ERR_INVALID_SHAPE', 'Expected elements of a tensor but received a detached buffer');
}

/**
 * Whether the memory of a typed array is gone: its buffer was transferred, or has shrunk so far that the array lies outside.
 * Such an array says that it is empty, as one that was made without elements does.
 */
export function isDetached(data: ArrayBufferView): boolean {
  if (data.byteLength > 0) return false;
  try {
    Uint8Array.prototype.includes.call(data as Uint8Array, 0); // looks whether there is memory, before anything else
    return false;
  } catch {
    return true;
  }
}

/** The dtype that a typed array's kind stands for. */
export function dtypeOfKind<K extends Kind>(kind: K): DTypeOfKind<K> {
  return dtypeByKind[kind];
}

/**
 * The typed array that a tensor of the dtype keeps: the one that is given, or a view of the bits of a Float16Array.
 * @throws ERR_INVALID_ARGUMENT for one of another kind, and for anything else; ERR_INVALID_SHAPE for a detached buffer, where a view is made
 */
export function dataOf<D extends DType>(dtype: D, data: unknown): DataOf<D> {
  const { name } = dtypeTable[dtype].array;
  const kind = typedArrayKind(data);
  if (kind === name) {
    // A Buffer's slice() and toString() are not those of a Uint8Array.
    return (kind === 'Uint8Array' && Buffer.isBuffer(data) ? plainBytes(data) : data) as DataOf<D>;
  }
  if (kind === 'Float16Array' && dtype === 'float16') {
    const bits = data as ArrayBufferView;
    requireMemory(bits);
    return new Uint16Array(bits.buffer, bits.byteOffset, bits.byteLength / 2) as DataOf<D>;
  }
  throw expected(withArticle(name), `the data of ${withArticle(dtype)} tensor`, data);
}

/** An array of zeros. @throws ERR_OUT_OF_MEMORY for more than there is memory, or than a typed array can hold */
export function allocate<D extends DType>(dtype: D, elements: number): DataOf<D> {
  const { array, bytes } = dtypeTable[dtype];
  try {
    return new array(elements) as TensorData as DataOf<D>;
  } catch (cause) {
    const needed = `${elements} elements of ${bytes} bytes`;
    throw torchError('ERR_OUT_OF_MEMORY', `Expected memory for ${needed} but there is not enough`, { cause });
  }
}
