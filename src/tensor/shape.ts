import { describe, expected, torchError } from '../errors.js';

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
  for (let index = 0; index < shape.length; ++index) {
    const dimension = shape[index] as number;
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

/** A shape that was checked: frozen, so that tensors may share it. */
interface CheckedShape {
  readonly sizes: readonly number[];
  readonly elements: number;
}

/** Most tensors of a program have one of a few shapes. To find one here costs a third of checking and freezing a copy. */
const lastShapes = new Array<CheckedShape | undefined>(64);

/**
 * A frozen copy of a shape, and its number of elements.
 * @throws as elementCount
 */
export function checkedShape(shape: readonly number[]): CheckedShape {
  // Read once: what was checked is what is kept.
  const own = Array.isArray(shape) ? [...(shape as readonly number[])] : shape;
  const place = placeOf(own);
  const last = lastShapes[place];
  if (last && areSame(last.sizes, own)) return last;
  const elements = elementCount(own);
  const sizes = Object.freeze(elements === 0 ? own.map((size) => size + 0) : own); // -0 + 0 is 0
  const checked = { sizes, elements };
  if (place >= 0) lastShapes[place] = checked;
  return checked;
}

/** Where a shape is kept; -1 for what is no shape. */
function placeOf(shape: readonly number[]): number {
  if (!Array.isArray(shape) || shape.length > maxRank) return -1;
  let hash = shape.length;
  for (let axis = 0; axis < shape.length; ++axis) {
    const size: unknown = shape[axis];
    if (typeof size !== 'number') return -1;
    hash = (Math.imul(hash, 31) + size) | 0;
  }
  return (hash ^ (hash >>> 6)) & (lastShapes.length - 1);
}

function areSame(known: readonly number[], given: readonly number[]): boolean {
  if (known.length !== given.length) return false;
  for (let axis = 0; axis < known.length; ++axis) if (known[axis] !== given[axis]) return false;
  return true;
}

/**
 * A shape for that many elements, with the size that a single -1 stands for.
 * @throws ERR_INVALID_ARGUMENT, ERR_INVALID_SHAPE for another number of elements, several -1, or a -1 that could be any size
 */
export function resolveShape(shape: readonly number[], elements: number): readonly number[] {
  if (!Array.isArray(shape)) throw expected('an array of dimensions', 'shape', shape);
  const given = [...(shape as readonly number[])];
  const open = given.indexOf(-1);
  const known = elementCount(open === -1 ? given : given.toSpliced(open, 1));
  if (open === -1 ? known === elements : known > 0 && elements % known === 0) {
    return open === -1 ? given : given.with(open, elements / known);
  }
  throw torchError('ERR_INVALID_SHAPE', `Expected a shape of ${elements} elements but received ${formatShape(given)}`);
}

/** `[1, 784]`; a free dimension is `?`. */
export function formatShape(shape: readonly (number | null)[]): string {
  return `[${shape.map((dimension) => dimension ?? '?').join(', ')}]`;
}

/** A shape that is described: a size or null for each dimension, with bounds for those that are null. */
interface ShapeRule {
  readonly shape: readonly (number | null)[] | null;
  readonly bounds?: readonly ({ readonly min: number; readonly max: number } | null)[];
}

/** Whether a tensor's shape is one of those that a specification allows. */
export function fitsSpec(actual: readonly number[], { shape, bounds }: ShapeRule): boolean {
  if (!shape) return true;
  if (actual.length !== shape.length) return false;
  for (let axis = 0; axis < shape.length; ++axis) {
    const size = actual[axis] as number;
    const wanted = shape[axis] as number | null;
    const bound = bounds?.[axis];
    const fits = wanted === null ? !bound || (size >= bound.min && size <= bound.max) : wanted === size;
    if (!fits) return false;
  }
  return true;
}
