/** Rows of numbers, as the body of a prediction has them, become one float32 array. */
import { describe, torchError, type ErrorCode } from '../../errors.js';
import { maxFaults, pointed, type ElementFault } from './faults.js';

/** What a model says of its rows. */
export interface RowsOf {
  /** Numbers in a row. */
  readonly features: number;
  /** Inclusive bounds; without them, whatever a float32 can hold. */
  readonly range?: readonly [min: number, max: number] | undefined;
}

/** What a request's rows must be. */
export interface RowsSpec extends RowsOf {
  readonly batchSize: number;
}

/** The rows of a request, row-major. */
export interface Rows {
  readonly rows: Float32Array;
  readonly batchSize: number;
  /** Bounds that every number is known to keep, so that nothing has to look at them again. */
  readonly bounds?: readonly [min: number, max: number] | undefined;
}

const float32Max = 3.4028234663852886e38;
const bytesOfNumber = Float32Array.BYTES_PER_ELEMENT;

/**
 * The rows as one float32 array, row-major, in a single pass.
 * @throws InputError with at most 16 faults: ERR_INVALID_SHAPE for the number of values, else the code of the first
 * fault: ERR_INVALID_INPUT (not a number), ERR_NOT_FINITE (NaN), ERR_OUT_OF_RANGE (±Infinity too)
 */
export function parseRows(values: ArrayLike<unknown>, spec: RowsSpec): Float32Array<ArrayBuffer> {
  const count = spec.features * spec.batchSize;
  if (values.length !== count) {
    const detail = `Expected ${count} numbers (batch_size ${spec.batchSize} × ${spec.features} features) but received ${values.length}`;
    throw wrongLength(detail);
  }
  const [min, max] = spec.range ?? [-float32Max, float32Max];
  const rows = new Float32Array(count);
  for (let index = 0; index < count; index++) {
    const value = values[index];
    // Written so that NaN fails it too.
    if (typeof value !== 'number' || !(value >= min && value <= max)) throw invalidRows(values, spec);
    rows[index] = value;
  }
  return rows;
}

/** Numbers that were read into float32, and the bounds they had before. */
export interface ParsedNumbers {
  readonly values: Float32Array;
  readonly min: number;
  readonly max: number;
}

/** Whether `parseRows` would take the numbers. */
export function areRows({ values, min, max }: ParsedNumbers, { features, range, batchSize }: RowsSpec): boolean {
  const [least, greatest] = range ?? [-float32Max, float32Max];
  return values.length === features * batchSize && min >= least && max <= greatest;
}

/**
 * Rows of little-endian float32 numbers, as many as the bytes hold. They are used where they lie if they are aligned, so
 * the bytes must not be written to afterwards.
 * @throws InputError with at most 16 faults: ERR_INVALID_SHAPE for a length that does not make 1 to `maxRows` whole rows,
 * ERR_NOT_FINITE (NaN), ERR_OUT_OF_RANGE (±Infinity too)
 */
export function octetRows(bytes: Uint8Array, model: RowsOf, maxRows: number): Rows {
  const rowBytes = model.features * bytesOfNumber;
  const batchSize = bytes.byteLength / rowBytes;
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > maxRows) {
    throw wrongLength(
      `Expected 1 to ${maxRows} rows of ${rowBytes} bytes (${model.features} float32 features) ` +
        `but received ${bytes.byteLength} bytes`,
    );
  }
  const rows = floatsOf(bytes);
  // 0.1 as a float32 is a little above 0.1, and must not fall out of [0, 0.1].
  const range = model.range && ([Math.fround(model.range[0]), Math.fround(model.range[1])] as const);
  const [min, max] = range ?? [-float32Max, float32Max];
  for (const value of rows)
    if (!(value >= min && value <= max)) throw invalidRows(rows, { features: model.features, range });
  return { rows, batchSize, bounds: range };
}

/** Every platform that LibTorch runs on is little-endian. */
function floatsOf({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  if (byteOffset % bytesOfNumber === 0) return new Float32Array(buffer, byteOffset, byteLength / bytesOfNumber);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/**
 * What is wrong with the values, at most 16 faults. Never the values themselves: they may be personal data, and faults
 * are answered and logged.
 */
function invalidRows(values: ArrayLike<unknown>, model: RowsOf) {
  const faults: ElementFault[] = [];
  let code: ErrorCode = 'ERR_INVALID_INPUT';
  for (let element = 0; element < values.length && faults.length < maxFaults; element++) {
    const fault = valueFault(values[element], model);
    if (!fault) continue;
    if (faults.length === 0) ({ code } = fault);
    faults.push({ element, detail: fault.detail });
  }
  return pointed(code, faults);
}

function valueFault(value: unknown, { range }: RowsOf): { code: ErrorCode; detail: string } | undefined {
  const [min, max] = range ?? [-float32Max, float32Max];
  const wanted = range ? `Expected a number from ${min} to ${max}` : 'Expected a number that float32 can hold';
  if (typeof value !== 'number')
    return { code: 'ERR_INVALID_INPUT', detail: `${wanted} but received ${kindOf(value)}` };
  if (Number.isNaN(value)) return { code: 'ERR_NOT_FINITE', detail: `${wanted} but received NaN` };
  if (value < min) return { code: 'ERR_OUT_OF_RANGE', detail: `${wanted} but received a smaller one` };
  if (value > max) return { code: 'ERR_OUT_OF_RANGE', detail: `${wanted} but received a larger one` };
  return undefined;
}

function wrongLength(detail: string) {
  return torchError('ERR_INVALID_SHAPE', detail, { errors: [{ pointer: '/input_data', detail }] });
}

function kindOf(value: unknown): string {
  return typeof value === 'string' ? 'a string' : typeof value === 'boolean' ? 'a boolean' : describe(value);
}
