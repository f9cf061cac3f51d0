import { describe, torchError, withArticle } from '../errors.js';
import { fitsSpec, formatShape } from '../tensor/shape.js';
import type { Strings } from '../tensor/strings.js';
import { Tensor } from '../tensor/tensor.js';
import type { Value } from '../tensor/value.js';
import { formatSpecShape, type TensorSpec } from './spec.js';
import { parseTorchType, type TorchType } from './torch-type.js';

/** The type of strings of any rank. */
export const anyStrings = 'Strings';

/** The type of strings of a shape: `List[List[str]]` for rank 2. Null is any rank. */
export function stringsType(rank: number | null): string {
  return rank === null ? anyStrings : `${'List['.repeat(rank)}str${']'.repeat(rank)}`;
}

/**
 * Whether a specification is of strings with a shape. A TorchScript list of strings has none: its own engine checks it.
 */
export function isStringsSpec({ type, dtype, shape }: Pick<TensorSpec, 'type' | 'dtype' | 'shape'>): boolean {
  if (type === undefined || dtype !== null) return false;
  return type === anyStrings || (shape !== null && rankOf(parseTorchType(type)) === shape.length);
}

function rankOf({ name, args: [item] }: TorchType): number | undefined {
  if (name === 'str') return 0;
  const inner = name === 'List' && item ? rankOf(item) : undefined;
  return inner === undefined ? undefined : inner + 1;
}

/**
 * Reads strings in nested arrays against their specification.
 * @throws ERR_INVALID_INPUT for what is no array of well-formed strings, ERR_INVALID_SHAPE for another shape
 */
export function readStrings(spec: TensorSpec, value: Value | undefined): Strings {
  const { name } = spec;
  const shape = shapeOf(spec, value);
  const data: string[] = [];
  collect(name, value, shape, 0, data);
  if (fitsSpec(shape, spec)) return { shape, data };
  throw torchError(
    'ERR_INVALID_SHAPE',
    `Expected strings of shape ${formatSpecShape(spec)} for ${name} but received ${formatShape(shape)}`,
  );
}

/** Follows the first items. An empty array has the specification's dimensions behind it, and 0 for free ones. */
function shapeOf({ shape: wanted }: TensorSpec, value: Value | undefined): number[] {
  const shape: number[] = [];
  let item: unknown = value;
  while (Array.isArray(item) && shape.length < maxRank) {
    shape.push(item.length);
    if (item.length === 0) {
      for (const size of wanted?.slice(shape.length) ?? []) shape.push(size ?? 0);
      break;
    }
    item = (item as unknown[])[0];
  }
  return shape;
}

/** As of tensors. */
const maxRank = 32;

function collect(name: string, value: unknown, shape: readonly number[], axis: number, into: string[]): void {
  if (axis === shape.length) {
    into.push(checked(name, value));
    return;
  }
  if (!Array.isArray(value) || value.length !== shape[axis]) {
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected ${shape[axis]} items in every array of dimension ${axis} of ${name} but received ${Array.isArray(value) ? value.length : describeKind(value)}`,
    );
  }
  if (value.length === 0) return;
  for (const item of value as unknown[]) collect(name, item, shape, axis + 1, into);
}

/** Never the string itself: messages end up in logs. */
function checked(name: string, value: unknown): string {
  if (typeof value !== 'string') {
    throw torchError(
      'ERR_INVALID_INPUT',
      `Expected strings, in arrays for each dimension, for ${name} but received ${describeKind(value)}`,
    );
  }
  // A lone half of a surrogate pair would arrive as another character, and what follows a NUL not at all.
  if (/[\0\p{Cs}]/u.test(value)) {
    throw torchError(
      'ERR_INVALID_INPUT',
      `Expected strings of whole Unicode characters without NUL for ${name} but received another one`,
    );
  }
  return value;
}

function describeKind(value: unknown): string {
  if (value instanceof Tensor) return withArticle(`${value.dtype} tensor`);
  return typeof value === 'string' ? 'a string' : typeof value === 'number' ? 'a number' : describe(value);
}
