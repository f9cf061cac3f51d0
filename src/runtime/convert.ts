/** Whole arrays between float32 and the 16-bit formats, whose elements are kept as bits. */

import { expected } from '../errors.js';
import { decodeFloat16, encodeBFloat16, encodeFloat16 } from './half.js';

/** float32 numbers of float16 bits, exactly. @throws ERR_INVALID_ARGUMENT */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  checkBits(bits);
  return Float32Array.from(bits, decodeFloat16);
}

/** float16 bits of numbers, rounded to nearest, ties to even; beyond 65504 they become infinite. @throws ERR_INVALID_ARGUMENT */
export function float32ToFloat16(values: ArrayLike<number>): Uint16Array {
  checkNumbers(values);
  return Uint16Array.from(values, encodeFloat16);
}

/** float32 numbers of bfloat16 bits, exactly. @throws ERR_INVALID_ARGUMENT */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  checkBits(bits);
  // A bfloat16 is the upper half of a float32.
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}

/** bfloat16 bits of numbers, rounded to nearest, ties to even. @throws ERR_INVALID_ARGUMENT */
export function float32ToBFloat16(values: ArrayLike<number>): Uint16Array {
  checkNumbers(values);
  return Uint16Array.from(values, encodeBFloat16);
}

function checkBits(bits: unknown): void {
  if (!(bits instanceof Uint16Array)) throw expected('a Uint16Array', 'the bits', bits);
}

function checkNumbers(values: unknown): void {
  const numbers = Array.isArray(values) || values instanceof Float32Array || values instanceof Float64Array;
  if (!numbers) throw expected('a Float32Array or an array of numbers', 'the values', values);
}
