/** Tensors as JSON: `{"dtype", "shape", "data"}`, which `node-libtorch run --input` reads. */
import { describe, torchError } from '../errors.js';
import { decoderOf } from './element.js';
import { maxRank } from './shape.js';
/** Elements as JSON can hold them. */
export function elementsToJson(dtype, data) {
    const decode = decoderOf(dtype);
    return Array.from(data, (element) => toJson(decode(element)));
}
function toJson(leaf) {
    if (typeof leaf === 'bigint')
        return Number.isSafeInteger(Number(leaf)) ? Number(leaf) : String(leaf);
    return typeof leaf === 'number' && !Number.isFinite(leaf) ? String(leaf) : leaf;
}
/** What `elementsToJson` wrote, nested or not. @throws ERR_INVALID_INPUT for anything but arrays of numbers and such strings */
export function elementsFromJson(data, dtype, depth = 0) {
    if (Array.isArray(data)) {
        if (depth === maxRank)
            throw torchError('ERR_INVALID_SHAPE', `Expected at most ${maxRank} levels of nesting`);
        return data.map((item) => (typeof item === 'number' ? item : elementsFromJson(item, dtype, depth + 1)));
    }
    if (typeof data === 'string')
        return numberOf(data, dtype);
    if (typeof data === 'object' || data === undefined)
        throw noElements(data);
    return data;
}
function numberOf(text, dtype) {
    if (/^(NaN|-?Infinity)$/.test(text))
        return Number(text);
    if (/^-?\d{1,20}$/.test(text))
        return dtype.includes('int') ? BigInt(text) : Number(text);
    throw torchError('ERR_INVALID_INPUT', 'Expected a number, or a string that holds one, but received another string');
}
function noElements(data) {
    const advice = ArrayBuffer.isView(data) ? '; new Tensor(dtype, data, shape) takes typed arrays' : '';
    return torchError('ERR_INVALID_INPUT', `Expected an array of numbers, nested or not, for the data of a tensor but received ${describe(data)}${advice}`);
}
