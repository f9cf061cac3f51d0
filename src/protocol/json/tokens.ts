/**
 * Tokens of a JSON text in UTF-8, found in its bytes: nothing is built, and nothing behind a fault is looked at. Every
 * function takes the index of a token's first byte and returns the index behind its last.
 */
import { torchError, type TorchError } from '../../errors.js';

const quote = 0x22;
const backslash = 0x5c;
const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;

/** The bytes of a text without the mark that some writers put in front of UTF-8 (RFC 8259 §8.1 lets a reader ignore it). */
export function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** Says where a text stops being JSON, in characters, and never what stands there. */
export function unexpected(bytes: Buffer, at: number): TorchError {
  const what = at >= bytes.length ? 'the text ends too early' : 'an unexpected character';
  return malformed(`Expected valid JSON: ${what} at position ${bytes.toString('utf8', 0, at).length}`);
}

export function malformed(message: string): TorchError {
  return torchError('ERR_MALFORMED_JSON', message);
}

export function blankEnd(bytes: Buffer, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

export function beginsNumber(byte: number | undefined): boolean {
  return byte !== undefined && (byte === minus || (byte >= zero && byte <= nine));
}

/** @throws ERR_MALFORMED_JSON for what is no number of RFC 8259 */
export function numberEnd(bytes: Buffer, from: number): number {
  let at = bytes[from] === minus ? from + 1 : from;
  if (bytes[at] === zero) at++;
  else at = digitsEnd(bytes, at);
  if (bytes[at] === 0x2e) at = digitsEnd(bytes, at + 1);
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    at++;
    if (bytes[at] === 0x2b || bytes[at] === minus) at++;
    at = digitsEnd(bytes, at);
  }
  return at;
}

function digitsEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] as number) >= zero && (bytes[at] as number) <= nine) at++;
  if (at === from) throw unexpected(bytes, at);
  return at;
}

/**
 * Undefined for a string of more than `most` bytes, whatever they are.
 * @throws ERR_MALFORMED_JSON for what is no string of RFC 8259
 */
export function stringEnd(bytes: Buffer, from: number, most: number): number | undefined {
  const limit = from + 1 + most;
  for (let at = from + 1; at <= limit; at++) {
    const byte = bytes[at];
    if (byte === quote) return at + 1;
    if (byte === undefined || byte < 0x20) throw unexpected(bytes, at);
    if (byte === backslash) at = escapeEnd(bytes, at) - 1;
  }
  return undefined;
}

/** Index of the closing quote of the string that opens at `start`, whatever is in it; the length of a text that ends before. */
export function closingQuote(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === backslash) at++;
    else if (bytes[at] === quote) return at;
  }
  return bytes.length;
}

const shortEscapes = new Set(Buffer.from('"\\/bfnrt'));

function escapeEnd(bytes: Buffer, from: number): number {
  const kind = bytes[from + 1] ?? 0;
  if (shortEscapes.has(kind)) return from + 2;
  if (kind !== 0x75 || !/^[\da-f]{4}$/i.test(bytes.toString('latin1', from + 2, from + 6)))
    throw unexpected(bytes, from);
  return from + 6;
}

const literals = ['true', 'false', 'null'] as const;

/** The literal at an index; undefined for anything else. */
export function literalAt(bytes: Buffer, at: number): (typeof literals)[number] | undefined {
  return literals.find((literal) => bytes.toString('latin1', at, at + literal.length) === literal);
}
