import { dtypeTable } from './dtype.js';
import { encoderOf, isLeaf } from './element.js';
/**
 * What writes rows of a dtype: a loop for what elements nearly always are, as an image of a million numbers is read in some
 * ten milliseconds so; everything else, and every fault, is the work of `encoderOf`.
 * @param noLeaf makes the error for an item that is no element
 */
export function rowEncoderOf(dtype, noLeaf) {
    const encode = encoderOf(dtype);
    const other = (item, index) => {
        if (!isLeaf(item))
            throw noLeaf(item);
        return encode(item, index);
    };
    const { kind, bytes, min, max } = dtypeTable[dtype];
    if (kind === 'bool')
        return booleans(other);
    if (kind === 'float')
        return bytes === 2 ? anything(other) : floats(other);
    return bytes === 8 ? anything(other) : integers(other, Number(min), Number(max));
}
function floats(other) {
    return (row, length, data, at) => {
        for (let i = 0; i < length; ++i) {
            const item = row[i];
            data[at + i] = typeof item === 'number' ? item : other(item, at + i);
        }
    };
}
function integers(other, min, max) {
    return (row, length, data, at) => {
        for (let i = 0; i < length; ++i) {
            const item = row[i];
            const fits = typeof item === 'number' && item >= min && item <= max && Math.trunc(item) === item;
            data[at + i] = fits ? item : other(item, at + i);
        }
    };
}
function booleans(other) {
    return (row, length, data, at) => {
        for (let i = 0; i < length; ++i) {
            const item = row[i];
            data[at + i] = item === true ? 1 : item === false ? 0 : other(item, at + i);
        }
    };
}
function anything(other) {
    return (row, length, data, at) => {
        for (let i = 0; i < length; ++i)
            data[at + i] = other(row[i], at + i);
    };
}
