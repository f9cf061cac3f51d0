import { torchError } from '../../errors.js';
import { dtypeTable } from '../../tensor/dtype.js';
import { formatShape } from '../../tensor/shape.js';
import type { Strings } from '../../tensor/strings.js';
import { Tensor } from '../../tensor/tensor.js';
import { datatypeTable, type Datatype } from '../datatype.js';
import type { TensorContent } from '../messages.js';

/** A string takes many times its bytes in memory. */
const maxStrings = 1_000_000;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The tensor of its bytes, in memory of its own: the one copy after the message was read.
 * @param elements as the shape says
 * @throws ERR_INVALID_SHAPE for another number of bytes; ERR_OUT_OF_RANGE for a BOOL that is neither 0 nor 1; ERR_INVALID_INPUT
 * for strings that are no UTF-8, or whose lengths do not lead to the end
 */
export function readRaw(
  where: string,
  datatype: Datatype,
  shape: readonly number[],
  elements: number,
  bytes: Uint8Array,
): TensorContent {
  const { dtype } = datatypeTable[datatype];
  if (dtype === undefined) return stringsOf(where, shape, splitStrings(where, elements, bytes));
  const { array, bytes: size } = dtypeTable[dtype];
  if (bytes.length !== elements * size) {
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected ${elements * size} bytes for ${where} (${datatype} ${formatShape(shape)}) but received ${bytes.length}`,
    );
  }
  // Of its own: a small Buffer would share its memory with others.
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  if (dtype === 'bool') requireFlags(where, own);
  return new Tensor(dtype, new array(own.buffer, 0, elements), shape);
}

function requireFlags(where: string, bytes: Uint8Array): void {
  const at = bytes.findIndex((byte) => byte > 1);
  if (at === -1) return;
  throw torchError(
    'ERR_OUT_OF_RANGE',
    `Expected 0 or 1 for ${where} (BOOL) but received ${bytes[at]} as element ${at}`,
  );
}

/** BYTES: each element is its length, as 4 bytes, and its bytes. */
function splitStrings(where: string, elements: number, bytes: Uint8Array): readonly Uint8Array[] {
  if (elements > maxStrings) {
    throw torchError(
      'ERR_PAYLOAD_TOO_LARGE',
      `Expected at most ${maxStrings} strings for ${where} but received ${elements}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < elements; i++) {
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Infinity;
    if (length > bytes.length - at - 4) {
      throw torchError(
        'ERR_INVALID_INPUT',
        `Expected ${elements} strings for ${where} but the bytes end in number ${i}`,
      );
    }
    parts.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (at === bytes.length) return parts;
  throw torchError(
    'ERR_INVALID_INPUT',
    `Expected nothing behind the ${elements} strings of ${where} but received ${bytes.length - at} more bytes`,
  );
}

/** @throws ERR_INVALID_INPUT for what is no UTF-8 */
export function stringsOf(where: string, shape: readonly number[], parts: readonly Uint8Array[]): Strings {
  const data = parts.map((part, i) => {
    try {
      return utf8.decode(part);
    } catch {
      throw torchError('ERR_INVALID_INPUT', `Expected UTF-8 in the strings of ${where} but element ${i} is none`);
    }
  });
  return { shape, data };
}

/** The bytes of a tensor where they lie, or of strings with their lengths. */
export function writeRaw(content: TensorContent): Uint8Array {
  if (content instanceof Tensor) {
    const { buffer, byteOffset, byteLength } = content.data;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  const lengths = content.data.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0));
  let at = 0;
  for (const [i, text] of content.data.entries()) {
    at = bytes.writeUInt32LE(lengths[i] as number, at);
    at += bytes.write(text, at);
  }
  return bytes;
}
