import { describe, torchError } from '../../errors.js';
import { wireTypes } from './reader.js';

/** Bytes of so many and more are not copied here. */
const large = 1024;

/** Writes one protobuf message, in pieces: what is large stays where it is. */
export class Writer {
  #piece = Buffer.allocUnsafe(256);
  #used = 0;
  #done = 0;
  readonly #pieces: Uint8Array[] = [];

  get length(): number {
    return this.#done + this.#used;
  }

  /** An integer of up to 64 bits, negative ones as two's complement. @throws ERR_OUT_OF_RANGE for any other number */
  varint(value: number | bigint): void {
    if (!isVarint(value)) {
      throw torchError('ERR_OUT_OF_RANGE', `Expected an integer of at most 64 bits but received ${describe(value)}`);
    }
    this.#room(10);
    if (typeof value === 'number' && value >= 0) {
      let rest = value;
      for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#piece[this.#used++] = (rest % 128) | 0x80;
      this.#piece[this.#used++] = rest;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n) this.#piece[this.#used++] = Number(rest & 0x7fn) | 0x80;
    this.#piece[this.#used++] = Number(rest);
  }

  tag(number: number, wireType: number): void {
    this.varint(number * 8 + wireType);
  }

  double(value: number): void {
    this.#room(8);
    this.#used = this.#piece.writeDoubleLE(value, this.#used);
  }

  float(value: number): void {
    this.#room(4);
    this.#used = this.#piece.writeFloatLE(value, this.#used);
  }

  string(value: string): void {
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.#room(length);
    this.#used += this.#piece.write(value, this.#used, length, 'utf8');
  }

  bytes(value: Uint8Array): void {
    this.varint(value.byteLength);
    this.raw(value);
  }

  /** Bytes without their length. */
  raw(value: Uint8Array): void {
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
  message(number: number, inner: Writer): void {
    this.tag(number, wireTypes.bytes);
    this.varint(inner.length);
    for (const piece of inner.pieces()) this.raw(piece);
  }

  pieces(): readonly Uint8Array[] {
    this.#flush();
    return this.#pieces;
  }

  #room(bytes: number): void {
    if (this.#used + bytes <= this.#piece.length) return;
    const size = Math.max(bytes, 2 * this.#piece.length);
    this.#flush();
    this.#piece = Buffer.allocUnsafe(size);
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#pieces.push(this.#piece.subarray(0, this.#used));
    this.#piece = this.#piece.subarray(this.#used);
    this.#done += this.#used;
    this.#used = 0;
  }
}

function isVarint(value: number | bigint): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 64;
  return BigInt.asUintN(64, value) === value || BigInt.asIntN(64, value) === value;
}
