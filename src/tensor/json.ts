/** Tensors as JSON: `{"dtype", "shape", "data"}`, which `node-libtorch run --input` reads. */
import { describe, torchError } from '../errors.js';
import type { DType, TensorData } from './dtype.js';
import { decoderOf, type Leaf } from './element.js';
import type { Nested } from './nested.js';
import { maxRank } from './shape.js';

/** A tensor as `JSON.stringify` writes it. */
export interface TensorJson {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Row-major, without nesting. NaN, the infinities and integers beyond 2^53 are strings: JSON has no numbers for them. */
  readonly data: readonly (number | boolean | string)[];
}

/** Elements as JSON can hold them. */
export function elementsToJson(dtype: DType, data: TensorData): TensorJson['data'] {
  const decode = decoderOf(dtype);
  return Array.from<number | bigint, number | boolean | string>(data, (element) => toJson(decode(element)));
}

function toJson(leaf: Leaf): number | boolean | string {
  if (typeof leaf === 'bigint') return Number.isSafeInteger(Number(leaf)) ? Number(leaf) : String(leaf);
  return typeof leaf === 'number' && !Number.isFinite(leaf) ? String(leaf) : leaf;
}

/** What `elementsToJson` wrote, nested or not. @throws ERR_INVALID_INPUT for anything but arrays of numbers and such strings */
export function elementsFromJson(data: unknown, dtype: DType, depth = 0): Nested {
  if (Array.isArray(data)) {
    if (depth === maxRank) throw torchError('ERR_INVALID_SHAPE', `Expected at most ${maxRank} levels of nesting`);
    return data.map((item) => (typeof item === 'number' ? item : elementsFromJson(item, dtype, depth + 1)));
  }
  if (typeof data === 'string') return numberOf(data, dtype);
  if (typeof data === 'object' || data === undefined) throw noElements(data);
  return data as Nested;
}

function numberOf(text: string, dtype: DType): number | bigint {
  if (/^(NaN|-?Infinity)$/.test(text)) return Number(text);
  if (/^-?\d{1,20}$/.test(text)) return dtype.includes('int') ? BigInt(text) : Number(text);
  throw torchError('ERR_INVALID_INPUT', 'Expected a number, or a string that holds one, but received another string');
}

function noElements(data: unknown) {
  const advice = ArrayBuffer.isView(data) ? '; new Tensor(dtype, data, shape) takes typed arrays' : '';
  return torchError(
    'ERR_INVALID_INPUT',
    `Expected an array of numbers, nested or not, for the data of a tensor but received ${describe(data)}${advice}`,
  );
}
