/**
 * Reads protocol buffers in their wire format, trusting nothing: every length is held against what is there. Only what
 * an ONNX file's structure needs; there are no schemas and nothing is copied.
 */
import { torchError } from '../../errors.js';
const maxVarintBytes = 10;
const maxFieldNumber = 2 ** 29 - 1;
/** Wire types. */
const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Where a reader is. */
class Cursor {
    at;
    #bytes;
    end;
    constructor({ bytes, start, end }) {
        this.#bytes = bytes;
        this.at = start;
        this.end = end;
    }
    varint() {
        let value = 0;
        let scale = 1;
        for (let i = 0; i < maxVarintBytes && this.at < this.end; ++i, scale *= 128) {
            const byte = this.#bytes[this.at++];
            value += (byte & 0x7f) * scale;
            if (byte < 0x80)
                return value;
        }
        throw malformed('an unterminated varint');
    }
    skip(length) {
        // Not `at + length > end`: a length near 2^64 would be rounded.
        if (length > this.end - this.at)
            throw malformed('a field that is longer than the rest of the file');
        this.at += length;
    }
}
/**
 * The fields of a message, in the file's order.
 * @throws ERR_MODEL_FORMAT for bytes that are not a message
 */
export function* fields(message) {
    for (const field of allFields(message))
        if (!field.isFixed)
            yield field;
}
/** Those of a fixed width too. @throws as `fields` */
export function* allFields(message) {
    const { bytes } = message;
    const cursor = new Cursor(message);
    while (cursor.at < cursor.end) {
        const from = cursor.at;
        const tag = cursor.varint();
        const number = Math.floor(tag / 8);
        if (number < 1 || number > maxFieldNumber)
            throw malformed('an invalid field number');
        switch (tag % 8) {
            case varint: {
                const value = cursor.varint();
                yield { number, value, span: undefined, whole: { bytes, start: from, end: cursor.at }, isFixed: false };
                break;
            }
            case delimited: {
                const length = cursor.varint();
                const start = cursor.at;
                cursor.skip(length);
                const end = cursor.at;
                yield { number, value: 0, span: { bytes, start, end }, whole: { bytes, start: from, end }, isFixed: false };
                break;
            }
            case fixed64:
                cursor.skip(8);
                yield { number, value: 0, span: undefined, whole: { bytes, start: from, end: cursor.at }, isFixed: true };
                break;
            case fixed32:
                cursor.skip(4);
                yield { number, value: 0, span: undefined, whole: { bytes, start: from, end: cursor.at }, isFixed: true };
                break;
            default:
                throw malformed('a field of a kind that ONNX does not use');
        }
    }
}
/** @throws ERR_MODEL_FORMAT for bytes that are not valid UTF-8 */
export function textOf({ bytes, start, end }) {
    try {
        return decoder.decode(bytes.subarray(start, end));
    }
    catch {
        throw malformed('a name that is not valid UTF-8');
    }
}
/** The integers of a repeated field: one by one, or many in a packed span. */
export function* integers({ value, span }) {
    if (!span) {
        yield value;
        return;
    }
    const cursor = new Cursor(span);
    while (cursor.at < cursor.end)
        yield cursor.varint();
}
/** As `integers`, each as the signed 64-bit integer that it is. */
export function* exactIntegers({ span, whole }) {
    const cursor = new Cursor(span ?? whole);
    if (!span)
        cursor.varint(); // the tag
    while (cursor.at < cursor.end) {
        const start = cursor.at;
        cursor.varint();
        let value = 0n;
        for (let at = cursor.at - 1; at >= start; --at)
            value = (value << 7n) | BigInt(whole.bytes[at] & 0x7f);
        yield BigInt.asIntN(64, value);
    }
}
export function piece({ bytes, start, end }) {
    return bytes.subarray(start, end);
}
/** A length-delimited field: a text, or a message of some pieces. */
export function delimitedField(number, content) {
    const pieces = typeof content === 'string' ? [new TextEncoder().encode(content)] : content;
    const length = pieces.reduce((sum, part) => sum + part.length, 0);
    return [varints(number * 8 + delimited, length), ...pieces];
}
/** A varint field. */
export function integerField(number, value) {
    return [varints(number * 8 + varint, value)];
}
function varints(...values) {
    const bytes = [];
    for (const value of values) {
        let rest = value;
        for (; rest >= 128; rest = Math.floor(rest / 128))
            bytes.push((rest % 128) + 128);
        bytes.push(rest);
    }
    return Uint8Array.from(bytes);
}
export function joined(pieces) {
    const bytes = new Uint8Array(pieces.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of pieces) {
        bytes.set(part, at);
        at += part.length;
    }
    return bytes;
}
export function malformed(what) {
    return torchError('ERR_MODEL_FORMAT', `Expected an ONNX model but the file has ${what}: it is damaged or no ONNX file`);
}
