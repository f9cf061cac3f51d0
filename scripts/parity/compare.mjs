// Holds what a unit's model answers to what PyTorch recorded, element by element.

import { Tensor } from 'node-libtorch';
import { dtypeTable } from '#dist/tensor/dtype.js';
import { decodeBFloat16, decodeFloat16 } from '#dist/tensor/float16.js';

/** Relative plus absolute, by the dtype that the case computes in; whole numbers and bools must be equal. */
export const tolerances = { float64: 1e-10, float32: 1e-5, float16: 4e-3, bfloat16: 3e-2 };
/** Of sentence similarities, absolute. */
export const similarityTolerance = 1e-4;
const halves = { float16: decodeFloat16, bfloat16: decodeBFloat16 };

/** Encoded values of scripts/fixtures/encode.py, lists of them included. */
export function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  const { dtype, shape, base64 } = value.$tensor;
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  const { array, bytes: size } = dtypeTable[dtype];
  return new Tensor(dtype, new array(bytes.buffer, 0, bytes.byteLength / size), shape);
}

/** The tensors of any nest of lists and objects, in order. */
export function flat(value) {
  if (value instanceof Tensor) return [value];
  return Object.values(value).flatMap(flat);
}

/** The largest error of two lists of tensors, or `why` they are no match at all. */
export function difference(got, wanted) {
  if (got.length !== wanted.length)
    return { error: Infinity, why: `${got.length} tensors instead of ${wanted.length}` };
  let error = 0;
  for (const [i, tensor] of wanted.entries()) {
    const found = got[i];
    if (found.dtype !== tensor.dtype || found.shape.join() !== tensor.shape.join()) {
      return { error: Infinity, why: `${found.dtype} [${found.shape}] instead of ${tensor.dtype} [${tensor.shape}]` };
    }
    error = Math.max(error, worst(found, tensor));
  }
  return { error };
}

/** Of two lists of tensors with the same dtypes and shapes. */
export function sameBits(got, wanted) {
  const bytes = ({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return wanted.every((tensor, i) => bytes(got[i]).equals(bytes(tensor)));
}

function worst(got, wanted) {
  const real = halves[got.dtype] ?? Number;
  let error = 0;
  for (const [i, element] of wanted.data.entries()) {
    if (Object.is(got.data[i], element)) continue;
    const [left, right] = [real(got.data[i]), real(element)];
    if (left === right || (Number.isNaN(left) && Number.isNaN(right))) continue;
    const exact = dtypeTable[got.dtype].kind !== 'float' || !Number.isFinite(left) || !Number.isFinite(right);
    error = Math.max(error, exact ? Infinity : Math.abs(left - right) / (1 + Math.abs(right)));
  }
  return error;
}

/** Of embeddings [rows, width]: how far the scalar products of every two rows are from those that PyTorch has. */
export function similarityError(got, wanted) {
  const [rows, width] = wanted.shape;
  const product = ({ data }, a, b) => {
    let sum = 0;
    for (let i = 0; i < width; ++i) sum += data[a * width + i] * data[b * width + i];
    return sum;
  };
  let error = 0;
  for (let a = 0; a < rows; ++a) {
    for (let b = 0; b <= a; ++b) error = Math.max(error, Math.abs(product(got, a, b) - product(wanted, a, b)));
  }
  return error;
}
