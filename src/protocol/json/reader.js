import { isUtf8 } from 'node:buffer';
import { torchError } from '../../errors.js';
import { limits } from './limits.js';
import { beginsNumber, blankEnd, literalAt, malformed, numberEnd, stringEnd, unexpected } from './tokens.js';
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openArray = 0x5b;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
/** Bytes of a code point that is written as two escapes. */
const longestCharacter = 12;
/** Members that nobody knows are skipped, but not without end: each costs more than its bytes are worth. */
const mostMembers = 4096;
/**
 * Reads a JSON text in UTF-8 piece by piece, and builds only what is asked for. What a message holds beyond that is
 * checked and skipped.
 */
export class JsonReader {
    bytes;
    /** Index of the next byte. */
    at = 0;
    /** @throws ERR_MALFORMED_JSON for an empty text, and for one that is not UTF-8 */
    constructor(bytes) {
        this.bytes = bytes;
        if (bytes.length === 0)
            throw malformed('Expected a JSON body but received an empty one');
        if (!isUtf8(bytes))
            throw malformed('Expected a JSON body in UTF-8 but received other bytes');
        // RFC 8259 §8.1 lets a reader ignore a byte order mark.
        if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
            this.at = 3;
        this.blank();
    }
    blank() {
        // Most texts have none.
        if (this.bytes[this.at] <= 0x20)
            this.at = blankEnd(this.bytes, this.at);
    }
    /** Takes a byte and the blanks behind it, if it is next. */
    take(byte) {
        if (this.bytes[this.at] !== byte)
            return false;
        this.at++;
        this.blank();
        return true;
    }
    require(byte) {
        if (!this.take(byte))
            throw this.fault();
    }
    /** @throws ERR_MALFORMED_JSON when something follows */
    end() {
        if (this.at < this.bytes.length)
            throw this.fault();
    }
    fault() {
        return unexpected(this.bytes, this.at);
    }
    /** The value here is of another kind than `what`, or none at all. */
    mismatch(where, what) {
        const received = this.kind();
        return received === undefined ? this.fault() : invalid(`Expected ${what} for ${where} but received ${received}`);
    }
    /**
     * The members of an object; `read` is called at the value of each one that it knows.
     * @param known names of members; others are skipped
     * @throws ERR_BAD_REQUEST for what is no object, and for a known member that comes twice
     */
    members(where, known, read) {
        if (!this.take(openObject))
            throw this.mismatch(where, 'an object');
        if (this.take(closeObject))
            return;
        let seen = 0;
        let count = 0;
        do {
            if (++count > mostMembers)
                throw invalid(`Expected at most ${mostMembers} members in ${where}`);
            const name = this.name();
            const index = known.indexOf(name);
            if (index === -1)
                this.skip();
            else {
                if (seen & (1 << index))
                    throw invalid(`Expected ${name} once in ${where} but received it twice`);
                seen |= 1 << index;
                read(name);
            }
            this.blank();
        } while (this.take(comma));
        this.require(closeObject);
    }
    /** The members of an object of any names. A name that comes twice is told to `read` twice. */
    entries(where, most, read) {
        if (!this.take(openObject))
            throw this.mismatch(where, 'an object');
        if (this.take(closeObject))
            return;
        let count = 0;
        do {
            if (++count > most)
                throw invalid(`Expected at most ${most} members in ${where} but received more`);
            read(this.name(where));
            this.blank();
        } while (this.take(comma));
        this.require(closeObject);
    }
    items(where, most, read) {
        if (!this.take(openArray))
            throw this.mismatch(where, 'an array');
        if (this.take(closeArray))
            return;
        let count = 0;
        do {
            if (count === most)
                throw invalid(`Expected at most ${most} items in ${where} but received more`);
            read(count++);
            this.blank();
        } while (this.take(comma));
        this.require(closeArray);
    }
    /** The name of a member, with the colon behind it. @param where refuses a name of more than 256 characters there */
    name(where) {
        const begin = this.at;
        if (this.bytes[begin] !== quote)
            throw this.fault();
        const most = limits.name * longestCharacter;
        const end = stringEnd(this.bytes, begin, most);
        if (end !== undefined)
            this.at = end;
        else if (where === undefined)
            this.at = stringEnd(this.bytes, begin, this.bytes.length);
        const name = end === undefined ? undefined : this.text(begin, end);
        if (where !== undefined && (name === undefined || name.length > limits.name))
            throw invalid(`Expected names of at most ${limits.name} characters in ${where}`);
        this.blank();
        this.require(colon);
        return name ?? '';
    }
    /** @throws ERR_BAD_REQUEST for what is no string, has more than `most` characters, or half of a surrogate pair */
    string(where, most) {
        if (this.bytes[this.at] !== quote)
            throw this.mismatch(where, 'a string');
        const end = stringEnd(this.bytes, this.at, most * longestCharacter);
        const text = end === undefined ? undefined : this.text(this.at, end);
        if (end === undefined || text === undefined || text.length > most)
            throw invalid(`Expected a string of at most ${most} characters for ${where}`);
        requireUnicode(text, where);
        this.at = end;
        return text;
    }
    /** A string of any length. */
    longString(where) {
        if (this.bytes[this.at] !== quote)
            throw this.mismatch(where, 'a string');
        const end = stringEnd(this.bytes, this.at, this.bytes.length);
        const text = this.text(this.at, end);
        requireUnicode(text, where);
        this.at = end;
        return text;
    }
    text(begin, end) {
        const inside = this.bytes.toString('utf8', begin + 1, end - 1);
        return inside.includes('\\') ? JSON.parse(`"${inside}"`) : inside;
    }
    /** Takes `null`, if it is next. */
    takeNull() {
        if (this.bytes[this.at] !== 0x6e || literalAt(this.bytes, this.at) !== 'null')
            return false;
        this.at += 4;
        return true;
    }
    /** Behind the value here, which is checked and not kept. @throws ERR_MALFORMED_JSON, for deep nesting too */
    skip() {
        let depth = 0;
        const isObject = [];
        for (;;) {
            const byte = this.bytes[this.at];
            if (byte === openArray || byte === openObject) {
                if (++depth > limits.depth)
                    throw malformed(`Expected JSON nested at most ${limits.depth} levels deep`);
                isObject[depth] = byte === openObject;
                this.at++;
                this.blank();
                if (!this.take(byte + 2)) {
                    if (isObject[depth])
                        this.name();
                    continue;
                }
                depth--;
            }
            else
                this.token();
            this.blank();
            // Behind a value: the containers that end here, or the next item.
            while (depth > 0 && !this.take(comma)) {
                this.require(isObject[depth] ? closeObject : closeArray);
                depth--;
            }
            if (depth === 0)
                return;
            if (isObject[depth])
                this.name();
        }
    }
    token() {
        const byte = this.bytes[this.at];
        if (byte === quote)
            this.at = stringEnd(this.bytes, this.at, this.bytes.length);
        else if (beginsNumber(byte))
            this.at = numberEnd(this.bytes, this.at);
        else {
            const literal = literalAt(this.bytes, this.at);
            if (literal === undefined)
                throw this.fault();
            this.at += literal.length;
        }
    }
    /** What the value here is, in words; undefined where there is none. */
    kind() {
        const byte = this.bytes[this.at];
        if (byte === quote)
            return 'a string';
        if (byte === openArray)
            return 'an array';
        if (byte === openObject)
            return 'an object';
        if (beginsNumber(byte))
            return 'a number';
        return literalAt(this.bytes, this.at);
    }
}
/** An escape can name half of a surrogate pair, which no UTF-8 can hold: it would become another character. */
function requireUnicode(text, where) {
    if (/\p{Surrogate}/u.test(text))
        throw invalid(`Expected Unicode text for ${where} but received half of a surrogate pair`);
}
/** The message is JSON, and not of the protocol's form. */
export function invalid(message) {
    return torchError('ERR_BAD_REQUEST', message);
}
