import { describe, torchError } from '../errors.js';

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
