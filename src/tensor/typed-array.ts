/** Typed arrays by their kind. A tag tells it, not `instanceof`: each realm (vm, Jest) has constructors of its own. */
import { expected, torchError } from '../errors.js';
import { dtypeTable, type DataOf, type DType, type TensorData } from './dtype.js';

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
export function kindOf(value: unknown): Kind | undefined {
  return tag.call(value);
}

/** The dtype that a typed array's kind stands for. */
export function dtypeOfKind<K extends Kind>(kind: K): DTypeOfKind<K> {
  return dtypeByKind[kind];
}

/**
 * The typed array that a tensor of the dtype keeps: the one that is given, or a view of the bits of a Float16Array.
 * @throws ERR_INVALID_ARGUMENT for one of another kind, and for anything else
 */
export function dataOf<D extends DType>(dtype: D, data: unknown): DataOf<D> {
  const { name } = dtypeTable[dtype].array;
  const kind = kindOf(data);
  if (kind === name) return data as DataOf<D>;
  if (kind === 'Float16Array' && dtype === 'float16') {
    const bits = data as ArrayBufferView;
    return new Uint16Array(bits.buffer, bits.byteOffset, bits.byteLength / 2) as DataOf<D>;
  }
  throw expected(`a ${name}`, `the data of a ${dtype} tensor`, data);
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
