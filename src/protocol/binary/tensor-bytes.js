/** The binary tensor extension's form of one tensor: little-endian, row-major; each element of BYTES behind its length. */
import { isUtf8 } from 'node:buffer';
import { torchError } from '../../errors.js';
import { dtypeTable } from '../../tensor/dtype.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { datatypeTable } from '../datatype.js';
import { limits } from '../json/limits.js';
/**
 * The tensor that a range of a body holds. Its bytes are copied once, or not at all where they lie aligned.
 * @throws ERR_INVALID_SHAPE for another number of bytes or strings, ERR_OUT_OF_RANGE for a BOOL that is neither 0 nor 1,
 * ERR_INVALID_INPUT for text that is not UTF-8
 */
export function tensorOfBytes(body, from, length, spec) {
    const { datatype, shape, elements, where } = spec;
    const { dtype } = datatypeTable[datatype];
    if (dtype === undefined)
        return { shape, data: stringsOf(body.range(from, length), spec) };
    const { array, bytes: size } = dtypeTable[dtype];
    if (length !== elements * size) {
        throw torchError('ERR_INVALID_SHAPE', `unexpected size for ${where}: expected ${elements * size} bytes of ${datatype} for shape ${formatShape(shape)} but received ${length}`);
    }
    const bytes = body.range(from, length, dtype === 'bool' ? 4 : size);
    if (dtype === 'bool')
        requireFlags(bytes, where);
    return new Tensor(dtype, new array(bytes.buffer, bytes.byteOffset, elements), shape);
}
/** Native code reads these bytes as flags, and a flag of 2 is neither true nor false there. */
function requireFlags(bytes, where) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    let at = 0;
    // Four at a time, as long as they are all right.
    while (at < words.length && (words[at] & 0xfefefefe) === 0)
        at++;
    for (at *= 4; at < bytes.length; at++) {
        if (bytes[at] > 1)
            throw torchError('ERR_OUT_OF_RANGE', `Expected the bytes 0 and 1 for BOOL but received another at ${at} of ${where}`);
    }
}
function stringsOf(bytes, { elements, where, shape }) {
    // Each has a length of four bytes at least: memory is asked for what can be there.
    if (elements > bytes.length / 4)
        throw wrongStrings(where, shape, elements);
    if (elements > limits.strings)
        throw torchError('ERR_INVALID_SHAPE', `Expected at most ${limits.strings} strings in ${where}`);
    const data = [];
    let at = 0;
    for (let i = 0; i < elements; i++) {
        const begin = at + 4;
        if (begin > bytes.length)
            throw wrongStrings(where, shape, elements);
        const end = begin + bytes.readUInt32LE(at);
        if (end > bytes.length)
            throw wrongStrings(where, shape, elements);
        const text = bytes.toString('utf8', begin, end);
        // What is no UTF-8 is decoded to this character; but it may stand there by itself.
        if (text.includes('\ufffd') && !isUtf8(bytes.subarray(begin, end)))
            throw torchError('ERR_INVALID_INPUT', `Expected UTF-8 for element ${i} of ${where} but received other bytes`);
        data.push(text);
        at = end;
    }
    if (at === bytes.length)
        return data;
    throw torchError('ERR_INVALID_SHAPE', `unexpected additional input data: ${bytes.length - at} bytes behind the ${elements} strings of ${where}`);
}
function wrongStrings(where, shape, elements) {
    return torchError('ERR_INVALID_SHAPE', `unexpected size for ${where}: expected ${elements} strings with their lengths for shape ${formatShape(shape)} but the bytes end before`);
}
/** The bytes of a tensor, which are not copied, or of strings with their lengths. */
export function bytesOfTensor(content) {
    if (content instanceof Tensor) {
        const { buffer, byteOffset, byteLength } = content.data;
        return new Uint8Array(buffer, byteOffset, byteLength);
    }
    const lengths = content.data.map((text) => Buffer.byteLength(text));
    const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0));
    let at = 0;
    for (const [i, text] of content.data.entries()) {
        at = bytes.writeUInt32LE(lengths[i], at);
        at += bytes.write(text, at);
    }
    return bytes;
}
