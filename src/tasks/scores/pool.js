import { expected, torchError } from '../../errors.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { floatValues, notFinite, requireRank, resultLike } from './float-rows.js';
/**
 * One vector for each text: the mean of its tokens' vectors, those of padding left out: `Σ mask·x / Σ mask`, as the
 * mean pooling of sentence-transformers. What stands at padding is never looked at, not even a NaN. A text of padding
 * alone has no mean and is refused.
 * @param tokenEmbeddings floating-point `[texts, tokens, size]`
 * @param attentionMask `[texts, tokens]` of 1 (a token) and 0 (padding), of any integer dtype, bool, float32 or float64
 * @returns `[texts, size]`; float64 for float64, else float32; summed in float64
 * @throws ERR_INVALID_ARGUMENT, ERR_INVALID_DTYPE, ERR_INVALID_SHAPE, ERR_OUT_OF_RANGE (the mask), ERR_NOT_FINITE
 */
export function meanPool(tokenEmbeddings, attentionMask) {
    requireRank(tokenEmbeddings, 3, '[texts, tokens, size]', 'token embeddings');
    const [texts, tokens, size] = tokenEmbeddings.shape;
    const values = floatValues(tokenEmbeddings, 'token embeddings');
    const mask = maskOf(attentionMask, [texts, tokens]);
    const result = resultLike(tokenEmbeddings, [texts, size]);
    const sums = new Float64Array(size);
    for (let text = 0; text < texts; text++) {
        sums.fill(0);
        let count = 0;
        for (let token = text * tokens; token < (text + 1) * tokens; token++) {
            if (!mask[token])
                continue;
            count++;
            for (let i = 0; i < size; i++)
                sums[i] = sums[i] + values[token * size + i];
        }
        if (count === 0)
            throw noToken(text);
        if (!sums.every(Number.isFinite))
            throw notFinite('token embeddings', text);
        result.data.set(sums.map((sum) => sum / count), text * size);
    }
    return result;
}
/**
 * One vector for each text: that of its first token (`[CLS]` in BERT), as the CLS pooling of sentence-transformers.
 * @param tokenEmbeddings floating-point `[texts, tokens, size]`, at least one token
 * @returns `[texts, size]`; float64 for float64, else float32
 * @throws ERR_INVALID_ARGUMENT, ERR_INVALID_DTYPE, ERR_INVALID_SHAPE
 */
export function clsPool(tokenEmbeddings) {
    requireRank(tokenEmbeddings, 3, '[texts, tokens, size]', 'token embeddings');
    const [texts, tokens, size] = tokenEmbeddings.shape;
    if (tokens === 0)
        throw torchError('ERR_INVALID_SHAPE', 'Expected at least one token in token embeddings');
    const values = floatValues(tokenEmbeddings, 'token embeddings');
    const result = resultLike(tokenEmbeddings, [texts, size]);
    for (let text = 0; text < texts; text++) {
        const from = text * tokens * size;
        result.data.set(values.subarray(from, from + size), text * size);
    }
    return result;
}
/** For each token whether it counts. */
function maskOf(mask, shape) {
    if (!(mask instanceof Tensor))
        throw expected('a Tensor', 'the attention mask', mask);
    if (formatShape(mask.shape) !== formatShape(shape)) {
        throw torchError('ERR_INVALID_SHAPE', `Expected shape ${formatShape(shape)} for the attention mask but received ${formatShape(mask.shape)}`);
    }
    return onesOf(mask);
}
function onesOf(mask) {
    if (mask.dtype === 'float16' || mask.dtype === 'bfloat16') {
        throw torchError('ERR_INVALID_DTYPE', `Expected integers for the attention mask but received ${mask.dtype}`);
    }
    // Reading through Number makes one type of all, 64-bit integers included.
    return Uint8Array.from(mask.data, (element) => {
        const value = Number(element);
        if (value === 0 || value === 1)
            return value;
        throw torchError('ERR_OUT_OF_RANGE', 'Expected 0 or 1 for every element of the attention mask');
    });
}
function noToken(row) {
    return torchError('ERR_OUT_OF_RANGE', `Expected at least one token in row ${row} of the attention mask`);
}
/**
 * Checks a mask `[texts, tokens]` before a model runs for it: afterwards its faults could not be told from the model's.
 * A mask of another rank is for the signature to refuse.
 * @throws ERR_INVALID_DTYPE (halves), ERR_OUT_OF_RANGE (neither 0 nor 1, a text without a token)
 */
export function checkTokens(mask) {
    const [texts, tokens] = mask.shape;
    if (texts === undefined || tokens === undefined || mask.shape.length !== 2)
        return;
    const ones = onesOf(mask);
    if (ones.length !== texts * tokens)
        return; // a detached buffer, likewise
    for (let text = 0; text < texts; text++) {
        if (!ones.subarray(text * tokens, (text + 1) * tokens).includes(1))
            throw noToken(text);
    }
}
