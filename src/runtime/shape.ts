import { describe, expected, torchError } from '../errors.js';
import type { Dimension, TensorSpec } from '../types.js';

/** LibTorch has no limit; more than this is a mistake or an attack. */
export const maxRank = 32;

/**
 * Number of elements of a shape; 1 for rank 0.
 * @throws ERR_INVALID_SHAPE for a dimension that is no safe non-negative integer, a rank above 32 or an overflowing product
 */
export function elementCount(shape: readonly number[]): number {
  if (!Array.isArray(shape)) throw expected('an array of dimensions', 'shape', shape);
  if (shape.length > maxRank) {
    throw torchError('ERR_INVALID_SHAPE', `Expected at most ${maxRank} dimensions but received ${shape.length}`);
  }
  let count = 1;
  let strides = 1; // LibTorch multiplies the non-zero dimensions even of a tensor without elements
  for (const [index, dimension] of (shape as readonly number[]).entries()) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) {
      throw torchError(
        'ERR_INVALID_SHAPE',
        `Expected a non-negative integer for shape[${index}] but received ${describe(dimension)}`,
      );
    }
    count *= dimension;
    strides *= Math.max(1, dimension);
  }
  if (!Number.isSafeInteger(strides)) {
    throw torchError('ERR_INVALID_SHAPE', `Expected fewer than 2^53 elements but received shape ${formatShape(shape)}`);
  }
  return count;
}

/** `[1, 784]`; a free dimension is `?`. */
export function formatShape(shape: readonly Dimension[]): string {
  return `[${shape.map((dimension) => dimension ?? '?').join(', ')}]`;
}

/** As formatShape, with the names and bounds of free dimensions: `[batch 1..64, 784]`. */
export function formatSpecShape({ shape, bounds, symbols }: Pick<TensorSpec, 'shape' | 'bounds' | 'symbols'>): string {
  if (!shape) return 'of any shape';
  const dimensions = shape.map((size, axis) => {
    if (size !== null) return String(size);
    const bound = bounds?.[axis];
    const range = bound ? `${bound.min}..${bound.max === Infinity ? '' : bound.max}` : '';
    return [symbols?.[axis] ?? '', range].filter((part) => part !== '').join(' ') || '?';
  });
  return `[${dimensions.join(', ')}]`;
}

/** `float32 [batch, 784] from 0 to 1`, or the type of what is no tensor. */
export function describeSpec(spec: TensorSpec): string {
  const { dtype, range, type } = spec;
  const isKnown = dtype !== null || spec.shape !== null;
  const tensor = isKnown ? `${dtype ?? 'any dtype'} ${formatSpecShape(spec)}` : 'tensor of any dtype and shape';
  const what = type === undefined ? tensor : isKnown ? `${type}, ${tensor}` : type;
  return `${what}${range ? ` from ${range[0]} to ${range[1]}` : ''}${spec.optional ? ', optional' : ''}`;
}

/** Whether a tensor's shape is one of those that a specification allows. */
export function fitsSpec(actual: readonly number[], { shape, bounds }: Pick<TensorSpec, 'shape' | 'bounds'>): boolean {
  if (!shape) return true;
  if (actual.length !== shape.length) return false;
  return actual.every((size, axis) => {
    const wanted = shape[axis] as Dimension;
    const bound = bounds?.[axis];
    return wanted === null ? !bound || (size >= bound.min && size <= bound.max) : wanted === size;
  });
}
