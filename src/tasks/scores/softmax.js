import { floatRows, notFinite, resultLike } from './float-rows.js';
/**
 * Probabilities of logits, along the last dimension: `exp(x − max) / Σ exp(x − max)`, as `torch.softmax(x, -1)`. Taking
 * the row's maximum off first changes nothing but that no exponential overflows.
 *
 * −Infinity is a probability of 0, as in a masked logit. Where PyTorch answers NaN (a NaN, +Infinity, a row of nothing
 * but −Infinity) this throws.
 * @param logits floating-point `[…, classes]`
 * @returns the same shape; float64 for float64, else float32
 * @throws ERR_INVALID_ARGUMENT, ERR_INVALID_DTYPE, ERR_INVALID_SHAPE (rank 0), ERR_NOT_FINITE
 */
export function softmax(logits) {
    const { values, rows, width } = floatRows(logits, 'logits');
    const result = resultLike(logits, logits.shape);
    const out = result.data;
    for (let row = 0; row < rows && width > 0; row++) {
        const from = row * width;
        const max = maxOf(values, from, width);
        if (!Number.isFinite(max))
            throw notFinite('logits', row);
        const scale = 1 / sumOfExps(values, from, width, max);
        for (let i = from; i < from + width; i++)
            out[i] = Math.exp(values[i] - max) * scale;
    }
    return result;
}
/** Index of the greatest value, the lowest of equal ones; 0 when all are NaN. */
export function bestIndex(values) {
    let best = 0;
    for (let index = 1; index < values.length; index++) {
        if (values[index] > values[best])
            best = index;
    }
    return best;
}
/** Softmax of `values` at `best`, the index of their maximum, without making the others'. */
export function softmaxAt(values, best) {
    return 1 / sumOfExps(values, 0, values.length, values[best]);
}
function sumOfExps(values, from, width, max) {
    let sum = 0;
    for (let i = from; i < from + width; i++)
        sum += Math.exp(values[i] - max);
    return sum;
}
/** The greatest of a row; NaN when it holds one. */
function maxOf(values, from, width) {
    let max = -Infinity;
    for (let i = from; i < from + width; i++) {
        const value = values[i];
        if (Number.isNaN(value))
            return NaN;
        if (value > max)
            max = value;
    }
    return max;
}
