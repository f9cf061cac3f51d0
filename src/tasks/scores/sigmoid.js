import { floatValues, resultLike } from './float-rows.js';
import { torchError } from '../../errors.js';
/**
 * `1 / (1 + exp(−x))` of every element, as `torch.sigmoid`: a probability for each label by itself. For a negative x it is
 * computed as `exp(x) / (1 + exp(x))`, which keeps the digits of small probabilities. The infinities are 0 and 1.
 * @param logits floating-point, of any shape
 * @returns the same shape; float64 for float64, else float32
 * @throws ERR_INVALID_ARGUMENT, ERR_INVALID_DTYPE, ERR_NOT_FINITE (NaN)
 */
export function sigmoid(logits) {
    const values = floatValues(logits, 'logits');
    const result = resultLike(logits, logits.shape);
    const out = result.data;
    for (let i = 0; i < values.length; i++) {
        const x = values[i];
        if (Number.isNaN(x))
            throw torchError('ERR_NOT_FINITE', `Expected numbers for logits but element ${i} is NaN`);
        const e = Math.exp(-Math.abs(x));
        out[i] = (x < 0 ? e : 1) / (1 + e);
    }
    return result;
}
