import { torchError } from '../../errors.js';
/**
 * What one JSON text may hold: each array, object and member becomes an object in memory, and a few bytes of text each would
 * hold the event loop for a second.
 */
const most = { containers: 2 ** 17, members: 2 ** 17 };
const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const openArray = 0x5b;
const openObject = 0x7b;
/**
 * Looks at a text before it is parsed, and no further than where it has too much. Numbers and texts are not counted: those
 * that a body can hold cost little.
 * @throws ERR_PAYLOAD_TOO_LARGE
 */
export function requireModest(bytes) {
    let containers = 0;
    let members = 0;
    for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at];
        if (byte === quote)
            at = stringEnd(bytes, at);
        else if (byte === openArray || byte === openObject) {
            if (++containers > most.containers)
                throw tooMuch(`${most.containers} arrays and objects`);
        }
        else if (byte === colon && ++members > most.members)
            throw tooMuch(`${most.members} members of objects`);
    }
}
/** Index of the closing quote of the string that opens at `start`, or the end of the text. */
export function stringEnd(bytes, start) {
    for (let at = start + 1; at < bytes.length; at++) {
        if (bytes[at] === backslash)
            at++;
        else if (bytes[at] === quote)
            return at;
    }
    return bytes.length;
}
export function tooMuch(what) {
    return torchError('ERR_PAYLOAD_TOO_LARGE', `Expected JSON with at most ${what} but received more: /v2/models/NAME/infer takes tensors of any size in binary`);
}
