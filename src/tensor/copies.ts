import { torchError } from '../errors.js';
import { checkDType, dataOf, dtypeTable, type DType, type TensorData } from './dtype.js';
import { formatShape } from './shape.js';
import type { Tensor } from './tensor.js';

/** A buffer of its own costs more than copying a few kilobytes, in allocation and in collection, so small copies share one. */
export const chunkBytes = 64 * 1024;
/** Larger copies have a buffer of their own: a chunk lives as long as any copy in it. */
export const largestShared = chunkBytes / 8;
/** Of vector instructions and of every element. */
const alignment = 64;

/**
 * A tensor's elements in a buffer that holds nothing else, so that it may be transferred.
 * @throws as wholeData
 */
export function ownCopy({ dtype, data, shape }: Tensor): TensorData {
  return newCopy(dtype, wholeData(dtype, data, shape));
}

function newCopy(dtype: DType, data: TensorData): TensorData {
  const { array } = dtypeTable[dtype];
  return data.length === 0 ? new array(0) : new array(data as never); // a Buffer's slice() would be a view
}

let chunk: ArrayBuffer = new ArrayBuffer(0);
let used = 0;

/**
 * A tensor's elements where nobody else can change them. The copy is for the engine alone: small ones are parts of a buffer.
 * @throws as wholeData
 */
export function copyData({ dtype, data: given, shape }: Tensor): TensorData {
  const data = wholeData(dtype, given, shape);
  const { array, bytes } = dtypeTable[dtype];
  const taken = data.length * bytes;
  if (taken === 0 || taken > largestShared) return newCopy(dtype, data);
  const place = placeFor(taken);
  const copy = new array(chunk, place, data.length);
  copy.set(data as never);
  return copy;
}

/** The first numbers of an array, where nobody else can change them; small copies are parts of a buffer. */
export function copyFloats(numbers: Float32Array, count: number): Float32Array {
  const bytes = count * Float32Array.BYTES_PER_ELEMENT;
  if (bytes > largestShared) return numbers.slice(0, count);
  const at = placeFor(bytes);
  const copy = new Float32Array(chunk, at, count);
  copy.set(count === numbers.length ? numbers : numbers.subarray(0, count));
  return copy;
}

/** Where in the chunk, which may be another one from now on, so many bytes have room. What was there before is written over before anybody reads it. */
function placeFor(bytes: number): number {
  if (used + bytes > chunk.byteLength) {
    chunk = Buffer.allocUnsafeSlow(chunkBytes).buffer;
    used = 0;
  }
  const place = used;
  used += roomFor(bytes);
  return place;
}

/** What a copy of so many bytes takes of a chunk. */
export function roomFor(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/**
 * The elements of a tensor, which may be one of another copy of this package, or merely be marked as one: nothing of it is
 * taken on its word.
 * @throws ERR_INVALID_DTYPE; ERR_INVALID_ARGUMENT for data that is not the dtype's typed array; ERR_INVALID_SHAPE when the buffer
 * was detached or has shrunk since the tensor was made
 */
export function wholeData(dtype: DType, given: unknown, shape: readonly number[]): TensorData {
  checkDType(dtype);
  const data: TensorData = dataOf(dtype, given);
  let elements = 1;
  for (const size of shape) elements *= size;
  if (data.length === elements) return data;
  throw torchError(
    'ERR_INVALID_SHAPE',
    `Expected ${elements} elements for shape ${formatShape(shape)} but received ${data.length}; the buffer was detached or has shrunk`,
  );
}
