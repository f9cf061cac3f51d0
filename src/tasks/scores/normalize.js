import { torchError } from '../../errors.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { floatRows, notFinite, resultLike } from './float-rows.js';
/** As `torch.nn.functional.normalize`: shorter vectors are divided by this, so that zero stays zero. */
const shortest = 1e-12;
/**
 * Vectors of length 1: `x / max(‖x‖₂, 1e-12)` along the last dimension, as `torch.nn.functional.normalize(x, dim=-1)`.
 * A vector of zeros stays one.
 * @param vectors floating-point `[…, size]`
 * @returns the same shape; float64 for float64, else float32; summed in float64
 * @throws ERR_INVALID_ARGUMENT, ERR_INVALID_DTYPE, ERR_INVALID_SHAPE (rank 0), ERR_NOT_FINITE
 */
export function normalize(vectors) {
    const { values, rows, width } = floatRows(vectors, 'vectors');
    const result = resultLike(vectors, vectors.shape);
    const out = result.data;
    for (let row = 0; row < rows; row++) {
        const length = Math.max(lengthOf(values, row * width, width, 'vectors', row), shortest);
        for (let i = row * width; i < (row + 1) * width; i++)
            out[i] = values[i] / length;
    }
    return result;
}
/**
 * The cosine of the angle between every vector of `a` and every one of `b`: `a·b / (‖a‖₂ ‖b‖₂)`, as
 * `sentence_transformers.util.cos_sim`; 0 where a vector is zero.
 * @param a floating-point `[n, size]`, or one vector `[size]`
 * @param b floating-point `[m, size]`, or one vector `[size]`
 * @returns `[n, m]`, each from −1 to 1 but for rounding; float64 when `a` is, else float32
 * @throws ERR_INVALID_ARGUMENT, ERR_INVALID_DTYPE, ERR_INVALID_SHAPE, ERR_NOT_FINITE
 */
export function cosineSimilarity(a, b) {
    const [left, right] = [vectorsOf(a, 'a'), vectorsOf(b, 'b')];
    if (left.width !== right.width) {
        throw torchError('ERR_INVALID_SHAPE', `Expected vectors of one size but received shapes ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
    }
    const result = resultLike(a, [left.rows, right.rows]);
    const out = result.data;
    const [leftLengths, rightLengths] = [lengthsOf(left, 'a'), lengthsOf(right, 'b')];
    for (let i = 0; i < left.rows; i++) {
        for (let j = 0; j < right.rows; j++) {
            const [m, n] = [leftLengths[i], rightLengths[j]];
            let dot = 0;
            for (let k = 0; k < left.width; k++) {
                // Divided first: the product of two long vectors would overflow.
                dot += (left.values[i * left.width + k] / m) * (right.values[j * left.width + k] / n);
            }
            out[i * right.rows + j] = dot;
        }
    }
    return result;
}
function vectorsOf(tensor, what) {
    const rows = floatRows(tensor, what);
    if (tensor.shape.length <= 2)
        return rows;
    throw torchError('ERR_INVALID_SHAPE', `Expected [vectors, size] for ${what} but received ${formatShape(tensor.shape)}`);
}
function lengthsOf({ values, rows, width }, what) {
    return Array.from({ length: rows }, (_, row) => Math.max(lengthOf(values, row * width, width, what, row), shortest));
}
function lengthOf(values, from, width, what, row) {
    let max = 0;
    for (let i = from; i < from + width; i++) {
        const magnitude = Math.abs(values[i]);
        if (!Number.isFinite(magnitude))
            throw notFinite(what, row);
        if (magnitude > max)
            max = magnitude;
    }
    if (max === 0)
        return 0;
    // Relative to the greatest: the squares of a float64 may overflow, or vanish.
    let sum = 0;
    for (let i = from; i < from + width; i++)
        sum += (values[i] / max) ** 2;
    return max * Math.sqrt(sum);
}
