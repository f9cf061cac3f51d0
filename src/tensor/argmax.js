import * as check from '../check.js';
import { torchError } from '../errors.js';
import { dtypeTable } from './dtype.js';
import { decodeBFloat16, decodeFloat16 } from './float16.js';
import { formatShape } from './shape.js';
/** The place of the greatest of all elements. @throws ERR_INVALID_SHAPE for a tensor without elements */
export function argmaxOfAll({ dtype, data, shape }) {
    if (data.length === 0)
        throw empty(shape);
    return greatest(data, 0, 1, data.length, comparable(dtype));
}
/**
 * The places of the greatest elements along an axis, and the shape that is left without it.
 * @throws ERR_INVALID_ARGUMENT for an axis that the tensor does not have, ERR_INVALID_SHAPE for an axis of size 0
 */
export function argmaxAlong({ dtype, data, shape }, axis) {
    const rank = Math.max(1, shape.length); // as PyTorch has it, rank 0 has an axis of one element
    check.integer('axis', axis, -rank, rank - 1);
    const at = axis < 0 ? axis + rank : axis;
    const count = shape[at] ?? 1;
    if (count === 0)
        throw empty(shape);
    const step = sizeOf(shape.slice(at + 1));
    const outer = sizeOf(shape.slice(0, at));
    const best = new BigInt64Array(outer * step);
    const read = comparable(dtype);
    for (let i = 0; i < best.length; ++i) {
        const from = Math.floor(i / step) * count * step + (i % step);
        best[i] = BigInt(greatest(data, from, step, count, read));
    }
    return { data: best, shape: shape.toSpliced(at, 1) };
}
/** As PyTorch has it: the first of equal elements, and NaN is greater than any number. */
function greatest(data, from, step, count, read) {
    let best = 0;
    let top = read(data[from]);
    for (let i = 1; i < count; ++i) {
        const element = read(data[from + i * step]);
        if (element > top || (Number.isNaN(element) && !Number.isNaN(top))) {
            top = element;
            best = i;
        }
    }
    return best;
}
/** Any byte but 0 is true; half precision is bits. */
function comparable(dtype) {
    if (dtype === 'float16')
        return (bits) => decodeFloat16(bits);
    if (dtype === 'bfloat16')
        return (bits) => decodeBFloat16(bits);
    return dtypeTable[dtype].kind === 'bool' ? (byte) => (byte === 0 ? 0 : 1) : (element) => element;
}
function sizeOf(shape) {
    return shape.reduce((product, size) => product * size, 1);
}
function empty(shape) {
    return torchError('ERR_INVALID_SHAPE', `Expected at least one element for argmax but the shape is ${formatShape(shape)}`);
}
