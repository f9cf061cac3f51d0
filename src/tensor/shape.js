import { describe, expected, torchError } from '../errors.js';
/** LibTorch has no limit; more than this is a mistake or an attack. */
export const maxRank = 32;
/**
 * Number of elements of a shape; 1 for rank 0.
 * @throws ERR_INVALID_SHAPE for a dimension that is no safe non-negative integer, a rank above 32 or an overflowing product
 */
export function elementCount(shape) {
    if (!Array.isArray(shape))
        throw expected('an array of dimensions', 'shape', shape);
    if (shape.length > maxRank) {
        throw torchError('ERR_INVALID_SHAPE', `Expected at most ${maxRank} dimensions but received ${shape.length}`);
    }
    let count = 1;
    let strides = 1; // LibTorch multiplies the non-zero dimensions even of a tensor without elements
    for (const [index, dimension] of shape.entries()) {
        if (!Number.isSafeInteger(dimension) || dimension < 0) {
            throw torchError('ERR_INVALID_SHAPE', `Expected a non-negative integer for shape[${index}] but received ${describe(dimension)}`);
        }
        count *= dimension;
        strides *= Math.max(1, dimension);
    }
    if (!Number.isSafeInteger(strides)) {
        throw torchError('ERR_INVALID_SHAPE', `Expected fewer than 2^53 elements but received shape ${formatShape(shape)}`);
    }
    return count;
}
/**
 * A shape for that many elements, with the size that a single -1 stands for.
 * @throws ERR_INVALID_ARGUMENT, ERR_INVALID_SHAPE for another number of elements, several -1, or a -1 that could be any size
 */
export function resolveShape(shape, elements) {
    if (!Array.isArray(shape))
        throw expected('an array of dimensions', 'shape', shape);
    const given = [...shape];
    const open = given.indexOf(-1);
    const known = elementCount(open === -1 ? given : given.toSpliced(open, 1));
    if (open === -1 ? known === elements : known > 0 && elements % known === 0) {
        return open === -1 ? given : given.with(open, elements / known);
    }
    throw torchError('ERR_INVALID_SHAPE', `Expected a shape of ${elements} elements but received ${formatShape(given)}`);
}
/** `[1, 784]`; a free dimension is `?`. */
export function formatShape(shape) {
    return `[${shape.map((dimension) => dimension ?? '?').join(', ')}]`;
}
/** Whether a tensor's shape is one of those that a specification allows. */
export function fitsSpec(actual, { shape, bounds }) {
    if (!shape)
        return true;
    if (actual.length !== shape.length)
        return false;
    return actual.every((size, axis) => {
        const wanted = shape[axis];
        const bound = bounds?.[axis];
        return wanted === null ? !bound || (size >= bound.min && size <= bound.max) : wanted === size;
    });
}
