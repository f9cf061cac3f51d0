import { dtypeTable, type DType, type TensorData } from './dtype.js';
import { decodeBFloat16, decodeFloat16, encodeBFloat16, encodeFloat16 } from './float16.js';

/** The elements of a tensor as numbers: 16-bit floats decoded, 64-bit integers rounded where they are no safe integers. */
export function realsOf({
  dtype,
  data,
}: {
  readonly dtype: DType;
  readonly data: TensorData;
}): Float64Array | Exclude<TensorData, BigInt64Array | BigUint64Array> {
  if (dtype === 'float16') return converted(data as Uint16Array, decodeFloat16);
  if (dtype === 'bfloat16') return converted(data as Uint16Array, decodeBFloat16);
  if (dtypeTable[dtype].bytes === 8 && dtypeTable[dtype].kind === 'int') {
    return converted(data as BigInt64Array, Number);
  }
  // Any byte but 0 is true.
  if (dtype === 'bool') return converted(data as Uint8Array, (byte) => (byte === 0 ? 0 : 1));
  return data as Float64Array;
}

/** What makes of a number an element of a dtype. */
export function realTo(dtype: DType): (real: number) => number | bigint {
  const { kind, bytes } = dtypeTable[dtype];
  if (dtype === 'float16') return encodeFloat16;
  if (dtype === 'bfloat16') return encodeBFloat16;
  if (kind === 'float') return Number;
  return bytes === 8 ? (real) => BigInt(Math.round(real)) : Math.round;
}

/** As Float64Array.from, without its iterator, which takes some times as long. */
function converted<T>(data: ArrayLike<T>, decode: (element: T) => number): Float64Array {
  const reals = new Float64Array(data.length);
  for (let i = 0; i < reals.length; ++i) reals[i] = decode(data[i] as T);
  return reals;
}
