import { describe, torchError } from '../errors.js';
import { allocate, checkDType } from './dtype.js';
import { decoderOf, defaultDType, encoderOf, isLeaf } from './element.js';
import { rowEncoderOf } from './row-encoder.js';
import { elementCount, formatShape, maxRank } from './shape.js';
/** Row-major elements of a nested array. Throws ERR_INVALID_SHAPE when it is ragged, ERR_INVALID_DTYPE for no dtype. */
export function flatten(nested, dtype) {
    const shape = shapeOf(nested);
    requireNesting(nested, shape, 0); // before memory is asked for: a ragged array may begin as a huge one would
    const elements = elementCount(shape);
    const resolved = dtype ?? defaultDType(elements > 0 ? firstLeaf(nested) : undefined);
    checkDType(resolved);
    const data = allocate(resolved, elements);
    const rowInto = rowEncoderOf(resolved, (got) => Array.isArray(got) ? ragged(shape, shape.length, got) : noLeaf(got));
    if (shape.length === 0)
        rowInto([nested], 1, data, 0);
    else if (elements > 0)
        collect(nested, shape, 0, data, 0, rowInto);
    return { dtype: resolved, data, shape };
}
/** One value as often as asked. @throws as flatten, and ERR_OUT_OF_MEMORY */
export function fill(elements, value, dtype) {
    if (!isLeaf(value))
        throw noLeaf(value);
    const resolved = dtype ?? defaultDType(value);
    checkDType(resolved);
    const element = encoderOf(resolved)(value, 0);
    return { dtype: resolved, data: allocate(resolved, elements).fill(element) };
}
const maxEmptyArrays = 2 ** 24;
/** The elements as nested arrays. */
export function nest(dtype, data, shape) {
    const elements = elementCount(shape);
    requireElements(data, elements);
    // [1e9, 0] has no element, and yet a thousand million arrays.
    const arrays = shape
        .slice(0, shape.indexOf(0) + 1 || undefined)
        .reduce((product, size) => product * Math.max(1, size), 1);
    if (elements === 0 && arrays > maxEmptyArrays)
        throw torchError('ERR_INVALID_SHAPE', `Expected at most ${maxEmptyArrays} empty arrays but shape ${formatShape(shape)} has more`);
    const decode = decoderOf(dtype);
    let next = 0;
    const build = (axis) => axis === shape.length
        ? decode(data[next++])
        : Array.from({ length: shape[axis] }, () => build(axis + 1));
    return build(0);
}
/** @throws ERR_INVALID_SHAPE where the buffer was detached or resized since the tensor was made */
export function requireElements(data, elements) {
    if (data.length === elements)
        return;
    throw torchError('ERR_INVALID_SHAPE', `Expected ${elements} elements but the tensor’s buffer was detached`);
}
function shapeOf(nested) {
    const shape = [];
    for (let level = nested; Array.isArray(level); level = level[0]) {
        if (shape.length === maxRank) {
            throw torchError('ERR_INVALID_SHAPE', `Expected at most ${maxRank} levels of nesting`);
        }
        shape.push(level.length);
    }
    return shape;
}
/** All but the innermost level, whose items are looked at when they are read. */
function requireNesting(nested, shape, axis) {
    if (axis === shape.length)
        return;
    if (!Array.isArray(nested) || nested.length !== shape[axis])
        throw ragged(shape, axis, nested);
    if (axis + 1 === shape.length)
        return;
    for (const item of nested)
        requireNesting(item, shape, axis + 1);
}
function firstLeaf(nested) {
    let level = nested;
    while (Array.isArray(level))
        level = level[0];
    if (!isLeaf(level))
        throw noLeaf(level);
    return level;
}
/** Writes the elements of a level from `at` on. Returns the place behind them. */
function collect(nested, shape, axis, data, at, rowInto) {
    const length = shape[axis];
    if (axis + 1 === shape.length) {
        rowInto(nested, length, data, at);
        return at + length;
    }
    for (let i = 0; i < length; ++i)
        at = collect(nested[i], shape, axis + 1, data, at, rowInto);
    return at;
}
function ragged(shape, axis, got) {
    return torchError('ERR_INVALID_SHAPE', `Expected every item at level ${axis} to match shape ${formatShape(shape)} but received ${describe(got)}`);
}
function noLeaf(got) {
    return torchError('ERR_INVALID_INPUT', `Expected a number, bigint or boolean but received ${describe(got)}`);
}
