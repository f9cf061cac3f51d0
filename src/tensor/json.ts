/** Tensors as JSON: `{"dtype", "shape", "data"}`, which `node-libtorch run --input` reads. */
import { torchError } from '../errors.js';
import type { DType, TensorData } from './dtype.js';
import { decoderOf, type Leaf } from './element.js';
import type { Nested } from './nested.js';

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

/** What `elementsToJson` wrote, nested or not. @throws ERR_INVALID_INPUT for a string that holds no number */
export function elementsFromJson(data: unknown, dtype: DType): Nested {
  if (Array.isArray(data)) return data.map((item) => elementsFromJson(item, dtype));
  if (typeof data !== 'string') return data as Nested;
  if (/^(NaN|-?Infinity)$/.test(data)) return Number(data);
  if (/^-?\d{1,20}$/.test(data)) return dtype.includes('int') ? BigInt(data) : Number(data);
  throw torchError('ERR_INVALID_INPUT', 'Expected a number, or a string that holds one, but received another string');
}
