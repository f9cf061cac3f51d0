import { inspect } from 'node:util';
import { formatShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { isMap } from '../tensor/value.js';
/** A result as JSON that `run --input` reads again: tensors as `{"dtype", "shape", "data"}`, Maps as lists of pairs. */
export function toJson(value) {
    if (value instanceof Tensor)
        return value.toJSON();
    if (isMap(value))
        return [...value].map(([key, item]) => [jsonNumber(key), toJson(item)]);
    if (Array.isArray(value))
        return value.map((item) => toJson(item));
    if (typeof value === 'object' && value !== null) {
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
    }
    return jsonNumber(value);
}
/** A result for people: tensors with their dtype and shape, long axes cut short. */
export function toText(value) {
    if (value instanceof Tensor)
        return `${value.dtype} ${formatShape(value.shape)}\n${shown(rounded(value.toArray(), value))}`;
    if (Array.isArray(value))
        return value.map((item, index) => `[${index}] ${toText(item)}`).join('\n') || '[]';
    if (typeof value === 'object' && value !== null) {
        const entries = isMap(value) ? [...value] : Object.entries(value);
        return entries.map(([key, item]) => `${String(key)}: ${toText(item)}`).join('\n') || '{}';
    }
    return shown(value);
}
/** JSON has no 64-bit integers beyond 2^53 and no NaN; they go as strings instead of as something else. */
function jsonNumber(value) {
    if (typeof value === 'bigint')
        return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
/** Seven digits are all that a float32 holds; the rest of the double is noise to a reader. */
function rounded(nested, tensor) {
    if (Array.isArray(nested))
        return nested.map((item) => rounded(item, tensor));
    return tensor.dtype === 'float32' ? Number(nested.toPrecision(7)) : nested;
}
function shown(value) {
    return inspect(value, { depth: null, maxArrayLength: 100, breakLength: 120 });
}
