/** Whether the bytes of a body can be a request at all: decided before they are parsed, and only as far as they can. */
import { torchError } from '../../errors.js';
import { pointerToken } from '../../registry/schema-faults.js';
import { requireShallow } from '../http/json.js';
import { beginsNumber, blankEnd, literalAt, numberEnd, stringEnd, unexpected } from '../../protocol/json/tokens.js';
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openArray = 0x5b;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
/** Bytes of a code point that is written as two escapes. */
const longestCharacter = 12;
/** Names are looked at no further. */
const longestName = 64;
/** JSON lets a member come again, and its last value counts; nobody needs that often. */
const mostMembers = 16;
/**
 * Stops at the first token that no request of this form can have: what stands behind it is not looked at. Nothing is
 * built, so the time is that of one pass over the bytes before it.
 * @throws ERR_MALFORMED_JSON where the bytes stop being JSON; ERR_VALIDATION for an unknown member, a value of another type
 * and a string that is too long; ERR_INVALID_SHAPE for more than `maxNumbers` numbers
 */
export function checkBodyForm(bytes, form, maxNumbers) {
    new FormScanner(bytes, form, maxNumbers).body();
}
class FormScanner {
    #at = 0;
    #bytes;
    #form;
    #maxNumbers;
    constructor(bytes, form, maxNumbers) {
        this.#bytes = bytes;
        this.#form = form;
        this.#maxNumbers = maxNumbers;
    }
    body() {
        this.#skipBlank();
        if (!this.#take(openObject))
            throw this.#otherType('', 'object');
        this.#skipBlank();
        if (!this.#take(closeObject)) {
            let members = 0;
            do {
                if (members++ === mostMembers)
                    throw invalidBody('', 'expected each member once but received some again and again');
                this.#skipBlank();
                if (!this.#member())
                    return;
                this.#skipBlank();
            } while (this.#take(comma));
            this.#require(closeObject);
        }
        this.#skipBlank();
        if (this.#at < this.#bytes.length)
            throw unexpected(this.#bytes, this.#at);
    }
    /** Whether to look on behind it. */
    #member() {
        const name = this.#name();
        const form = this.#form.get(name);
        if (!form)
            throw invalidBody(`/${pointerToken(name)}`, `unknown member; expected ${[...this.#form.keys()].join(', ')}`);
        this.#skipBlank();
        this.#require(colon);
        this.#skipBlank();
        if (form.kind === 'any')
            return false;
        if (form.kind === 'array')
            this.#numbers(name);
        else if (form.kind === 'string')
            this.#string(name, form.maxLength);
        else if (beginsNumber(this.#bytes[this.#at]))
            this.#at = numberEnd(this.#bytes, this.#at);
        else
            throw this.#otherType(`/${name}`, form.kind);
        return true;
    }
    /** The name of a member, or a part of one that is longer than any we know. */
    #name() {
        const begin = this.#at;
        if (this.#bytes[begin] !== quote)
            throw unexpected(this.#bytes, begin);
        const end = stringEnd(this.#bytes, begin, longestName * longestCharacter);
        // Cut where no character and no escape is split; a text of so many bytes has more than 64 characters.
        if (end === undefined)
            return this.#bytes.toString('latin1', begin + 1, begin + 1 + longestName).replace(/[^ -[\]-~].*/s, '') + '...';
        this.#at = end;
        return JSON.parse(this.#bytes.toString('utf8', begin, end));
    }
    #numbers(name) {
        if (!this.#take(openArray))
            throw this.#otherType(`/${name}`, 'array');
        this.#skipBlank();
        if (this.#take(closeArray))
            return;
        const bytes = this.#bytes;
        for (let count = 0;; count++) {
            if (!beginsNumber(bytes[this.#at]))
                throw this.#otherType(`/${name}/${count}`, 'number');
            if (count === this.#maxNumbers)
                throw tooMany(name, count);
            this.#at = blankEnd(bytes, numberEnd(bytes, this.#at));
            if (!this.#take(comma))
                break;
            this.#skipBlank();
        }
        this.#require(closeArray);
    }
    #string(name, maxLength) {
        if (this.#bytes[this.#at] !== quote)
            throw this.#otherType(`/${name}`, 'string');
        const end = stringEnd(this.#bytes, this.#at, maxLength * longestCharacter);
        if (end === undefined)
            throw invalidBody(`/${name}`, `must NOT have more than ${maxLength} characters but received more`);
        this.#at = end;
    }
    /** The value here is of another type than expected, or it is no value at all. */
    #otherType(pointer, expected) {
        const [bytes, at] = [this.#bytes, this.#at];
        const received = this.#typeAt(bytes, at);
        if (received === undefined)
            return unexpected(bytes, at);
        return invalidBody(pointer, `expected ${expected} but received ${received}`);
    }
    #typeAt(bytes, at) {
        if (bytes[at] === quote)
            return 'a string';
        if (bytes[at] === openArray || bytes[at] === openObject) {
            requireShallow(bytes, at);
            return bytes[at] === openArray ? 'an array' : 'an object';
        }
        if (!beginsNumber(bytes[at]))
            return literalAt(bytes, at);
        numberEnd(bytes, at);
        return 'a number';
    }
    #skipBlank() {
        this.#at = blankEnd(this.#bytes, this.#at);
    }
    #take(byte) {
        if (this.#bytes[this.#at] !== byte)
            return false;
        this.#at++;
        return true;
    }
    #require(byte) {
        if (!this.#take(byte))
            throw unexpected(this.#bytes, this.#at);
    }
}
/** A fault of the body's form. */
export function invalidBody(pointer, detail) {
    return torchError('ERR_VALIDATION', `${pointer === '' ? 'Body' : pointer}: ${detail}`, {
        errors: [{ pointer, detail }],
    });
}
function tooMany(name, maxNumbers) {
    const detail = `Expected at most ${maxNumbers} numbers but received more`;
    return torchError('ERR_INVALID_SHAPE', detail, { errors: [{ pointer: `/${name}`, detail }] });
}
