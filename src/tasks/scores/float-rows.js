import { expected, torchError } from '../../errors.js';
import { decodeBFloat16, decodeFloat16 } from '../../tensor/float16.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
const readers = {
    float32: (data) => data,
    float64: (data) => data,
    float16: (data) => Float32Array.from(data, decodeFloat16),
    bfloat16: (data) => Float32Array.from(data, decodeBFloat16),
};
/** @throws ERR_INVALID_ARGUMENT (no tensor), ERR_INVALID_DTYPE (not floating-point), ERR_INVALID_SHAPE (rank 0, a detached buffer) */
export function floatRows(tensor, what) {
    const values = floatValues(tensor, what);
    const { shape } = tensor;
    const width = shape.at(-1);
    if (width === undefined) {
        throw torchError('ERR_INVALID_SHAPE', `Expected at least one dimension for ${what} but received rank 0`);
    }
    return { values, rows: shape.slice(0, -1).reduce((product, size) => product * size, 1), width };
}
/** The elements as numbers. @throws as `floatRows` */
export function floatValues(tensor, what) {
    if (!(tensor instanceof Tensor))
        throw expected('a Tensor', what, tensor);
    const read = readers[tensor.dtype];
    if (!read) {
        throw torchError('ERR_INVALID_DTYPE', `Expected a floating-point tensor for ${what} but received ${tensor.dtype}`);
    }
    const values = read(tensor.data);
    if (values.length === 0 && !tensor.shape.includes(0)) {
        throw torchError('ERR_INVALID_SHAPE', `Expected the elements of ${what} but its buffer was detached`);
    }
    return values;
}
/** A tensor of that shape for results: float64 for float64, else float32. */
export function resultLike(source, shape) {
    const count = shape.reduce((product, size) => product * size, 1);
    return source.dtype === 'float64'
        ? new Tensor('float64', new Float64Array(count), shape)
        : new Tensor('float32', new Float32Array(count), shape);
}
/** @throws ERR_INVALID_SHAPE */
export function requireRank(tensor, rank, meaning, what) {
    if (!(tensor instanceof Tensor))
        throw expected('a Tensor', what, tensor);
    if (tensor.shape.length === rank)
        return;
    throw torchError('ERR_INVALID_SHAPE', `Expected shape ${meaning} for ${what} but received ${formatShape(tensor.shape)}`);
}
/** Names the row, never its values: messages end up in logs. */
export function notFinite(what, row) {
    return torchError('ERR_NOT_FINITE', `Expected finite numbers for ${what} but row ${row} holds NaN or an infinity`);
}
