/**
 * Tokens of a JSON text in UTF-8, found in its bytes: nothing is built, and nothing behind a fault is looked at. Every
 * function takes the index of a token's first byte and returns the index behind its last.
 */
import { torchError } from '../../errors.js';
const quote = 0x22;
const backslash = 0x5c;
const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;
/** The bytes of a text without the mark that some writers put in front of UTF-8 (RFC 8259 §8.1 lets a reader ignore it). */
export function withoutByteOrderMark(bytes) {
    return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
/** Says where a text stops being JSON, in characters, and never what stands there. */
export function unexpected(bytes, at) {
    const what = at >= bytes.length ? 'the text ends too early' : 'an unexpected character';
    return malformed(`Expected valid JSON: ${what} at position ${bytes.toString('utf8', 0, at).length}`);
}
export function malformed(message) {
    return torchError('ERR_MALFORMED_JSON', message);
}
export function blankEnd(bytes, from) {
    let at = from;
    for (; at < bytes.length; at++) {
        const byte = bytes[at];
        if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
            break;
    }
    return at;
}
export function beginsNumber(byte) {
    return byte !== undefined && (byte === minus || (byte >= zero && byte <= nine));
}
/** @throws ERR_MALFORMED_JSON for what is no number of RFC 8259 */
export function numberEnd(bytes, from) {
    let at = bytes[from] === minus ? from + 1 : from;
    if (bytes[at] === zero)
        at++;
    else
        at = digitsEnd(bytes, at);
    if (bytes[at] === 0x2e)
        at = digitsEnd(bytes, at + 1);
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
        at++;
        if (bytes[at] === 0x2b || bytes[at] === minus)
            at++;
        at = digitsEnd(bytes, at);
    }
    return at;
}
function digitsEnd(bytes, from) {
    let at = from;
    while (at < bytes.length && bytes[at] >= zero && bytes[at] <= nine)
        at++;
    if (at === from)
        throw unexpected(bytes, at);
    return at;
}
/**
 * Undefined for a string of more than `most` bytes, whatever they are.
 * @throws ERR_MALFORMED_JSON for what is no string of RFC 8259
 */
export function stringEnd(bytes, from, most) {
    const limit = from + 1 + most;
    for (let at = from + 1; at <= limit; at++) {
        const byte = bytes[at];
        if (byte === quote)
            return at + 1;
        if (byte === undefined || byte < 0x20)
            throw unexpected(bytes, at);
        if (byte === backslash)
            at = escapeEnd(bytes, at) - 1;
    }
    return undefined;
}
const shortEscapes = new Set(Buffer.from('"\\/bfnrt'));
function escapeEnd(bytes, from) {
    const kind = bytes[from + 1] ?? 0;
    if (shortEscapes.has(kind))
        return from + 2;
    if (kind !== 0x75 || !/^[\da-f]{4}$/i.test(bytes.toString('latin1', from + 2, from + 6)))
        throw unexpected(bytes, from);
    return from + 6;
}
const literals = ['true', 'false', 'null'];
/** The literal at an index; undefined for anything else. */
export function literalAt(bytes, at) {
    return literals.find((literal) => bytes.toString('latin1', at, at + literal.length) === literal);
}
