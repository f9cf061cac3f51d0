import { torchError } from '../errors.js';
import { checkRows, type Rows, type RowsOf } from './preprocessing.js';

const bytesOfNumber = Float32Array.BYTES_PER_ELEMENT;

/**
 * Rows of little-endian float32 numbers, as many as the bytes hold. They are used where they lie if they are aligned, so
 * the bytes must not be written to afterwards.
 * @throws InputError with at most 16 faults: ERR_INVALID_SHAPE for a length that is no number of rows from 1 to `maxRows`,
 * ERR_NOT_FINITE (NaN), ERR_OUT_OF_RANGE (±Infinity too)
 */
export function octetRows(bytes: Uint8Array, model: RowsOf, maxRows: number): Rows {
  const rowBytes = model.features * bytesOfNumber;
  const batchSize = bytes.byteLength / rowBytes;
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > maxRows) {
    const detail =
      `Expected 1 to ${maxRows} rows of ${rowBytes} bytes (${model.features} float32 features) ` +
      `but received ${bytes.byteLength} bytes`;
    throw torchError('ERR_INVALID_SHAPE', detail, { errors: [{ pointer: '/input_data', detail }] });
  }
  const rows = floatsOf(bytes);
  // 0.1 as a float32 is a little above 0.1, and must not fall out of [0, 0.1].
  const range = model.range && ([Math.fround(model.range[0]), Math.fround(model.range[1])] as const);
  checkRows(rows, { ...model, range, batchSize });
  return { rows, batchSize };
}

/** Every platform that LibTorch runs on is little-endian. */
function floatsOf({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  if (byteOffset % bytesOfNumber === 0) return new Float32Array(buffer, byteOffset, byteLength / bytesOfNumber);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}
