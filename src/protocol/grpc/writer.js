import { wireTypes } from './reader.js';
/** Bytes of so many and more are not copied here. */
const large = 1024;
/** Writes one protobuf message, in pieces: what is large stays where it is. */
export class Writer {
    #piece = Buffer.allocUnsafe(256);
    #used = 0;
    #done = 0;
    #pieces = [];
    get length() {
        return this.#done + this.#used;
    }
    /** An integer of up to 64 bits, negative ones as two's complement. */
    varint(value) {
        this.#room(10);
        if (typeof value === 'number' && value >= 0) {
            let rest = value;
            for (; rest > 0x7f; rest = Math.floor(rest / 128))
                this.#piece[this.#used++] = (rest % 128) | 0x80;
            this.#piece[this.#used++] = rest;
            return;
        }
        let rest = BigInt.asUintN(64, BigInt(value));
        for (; rest > 0x7fn; rest >>= 7n)
            this.#piece[this.#used++] = Number(rest & 0x7fn) | 0x80;
        this.#piece[this.#used++] = Number(rest);
    }
    tag(number, wireType) {
        this.varint(number * 8 + wireType);
    }
    double(value) {
        this.#room(8);
        this.#used = this.#piece.writeDoubleLE(value, this.#used);
    }
    float(value) {
        this.#room(4);
        this.#used = this.#piece.writeFloatLE(value, this.#used);
    }
    string(value) {
        const length = Buffer.byteLength(value);
        this.varint(length);
        this.#room(length);
        this.#used += this.#piece.write(value, this.#used, length, 'utf8');
    }
    bytes(value) {
        this.varint(value.byteLength);
        this.raw(value);
    }
    /** Bytes without their length. */
    raw(value) {
        if (value.byteLength >= large) {
            this.#flush();
            this.#pieces.push(value);
            this.#done += value.byteLength;
            return;
        }
        this.#room(value.byteLength);
        this.#piece.set(value, this.#used);
        this.#used += value.byteLength;
    }
    /** A message in this one. */
    message(number, inner) {
        this.tag(number, wireTypes.bytes);
        this.varint(inner.length);
        for (const piece of inner.pieces())
            this.raw(piece);
    }
    pieces() {
        this.#flush();
        return this.#pieces;
    }
    #room(bytes) {
        if (this.#used + bytes <= this.#piece.length)
            return;
        const size = Math.max(bytes, 2 * this.#piece.length);
        this.#flush();
        this.#piece = Buffer.allocUnsafe(size);
    }
    #flush() {
        if (this.#used === 0)
            return;
        this.#pieces.push(this.#piece.subarray(0, this.#used));
        this.#piece = this.#piece.subarray(this.#used);
        this.#done += this.#used;
        this.#used = 0;
    }
}
