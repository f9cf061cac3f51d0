/**
 * Reads protocol buffers in their wire format, trusting nothing: every length is held against what is there. Only what
 * an ONNX file's structure needs; there are no schemas and nothing is copied.
 */

import { torchError, type TorchError } from '../../errors.js';

/** A part of a buffer: bytes `start` up to `end`. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export interface Field {
  readonly number: number;
  /** Of a varint: exact up to 2^53; a negative int64 is at least 2^63. 0 for other kinds. */
  readonly value: number;
  /** Of a length-delimited field: its content. Fields of a fixed width are passed over. */
  readonly span: Span | undefined;
}

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
  at: number;
  readonly #bytes: Uint8Array;
  readonly end: number;

  constructor({ bytes, start, end }: Span) {
    this.#bytes = bytes;
    this.at = start;
    this.end = end;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < maxVarintBytes && this.at < this.end; ++i, scale *= 128) {
      const byte = this.#bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw malformed('an unterminated varint');
  }

  skip(length: number): void {
    // Not `at + length > end`: a length near 2^64 would be rounded.
    if (length > this.end - this.at) throw malformed('a field that is longer than the rest of the file');
    this.at += length;
  }
}

/**
 * The fields of a message, in the file's order.
 * @throws ERR_MODEL_FORMAT for bytes that are not a message
 */
export function* fields(message: Span): Generator<Field> {
  const cursor = new Cursor(message);
  while (cursor.at < cursor.end) {
    const tag = cursor.varint();
    const number = Math.floor(tag / 8);
    if (number < 1 || number > maxFieldNumber) throw malformed('an invalid field number');
    switch (tag % 8) {
      case varint:
        yield { number, value: cursor.varint(), span: undefined };
        break;
      case delimited: {
        const length = cursor.varint();
        const start = cursor.at;
        cursor.skip(length);
        yield { number, value: 0, span: { bytes: message.bytes, start, end: cursor.at } };
        break;
      }
      case fixed64:
        cursor.skip(8);
        break;
      case fixed32:
        cursor.skip(4);
        break;
      default:
        throw malformed('a field of a kind that ONNX does not use');
    }
  }
}

/** @throws ERR_MODEL_FORMAT for bytes that are not valid UTF-8 */
export function textOf({ bytes, start, end }: Span): string {
  try {
    // A copy: decoders refuse shared memory.
    return decoder.decode(bytes.slice(start, end));
  } catch {
    throw malformed('a name that is not valid UTF-8');
  }
}

/** The integers of a repeated field: one by one, or many in a packed span. */
export function* integers({ value, span }: Field): Generator<number> {
  if (!span) {
    yield value;
    return;
  }
  const cursor = new Cursor(span);
  while (cursor.at < cursor.end) yield cursor.varint();
}

export function malformed(what: string): TorchError {
  return torchError(
    'ERR_MODEL_FORMAT',
    `Expected an ONNX model but the file has ${what}: it is damaged or no ONNX file`,
  );
}
