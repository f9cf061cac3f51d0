import { describe, torchError, type ErrorCode, type ErrorDetail } from '../errors.js';

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

/** Rows that were checked, row-major. */
export interface Rows {
  readonly rows: Float32Array;
  readonly batchSize: number;
}

/** More faults than this help nobody, and a request must not make us build a million of them. */
const maxFaults = 16;
const float32Max = 3.4028234663852886e38;

/**
 * The rows as one float32 array, row-major, in a single pass.
 * @throws InputError with at most 16 faults: ERR_INVALID_SHAPE for the number of values, else the code of the first
 * fault: ERR_INVALID_INPUT (no number), ERR_NOT_FINITE (NaN), ERR_OUT_OF_RANGE (±Infinity too)
 */
export function parseRows(values: ArrayLike<unknown>, spec: RowsSpec): Float32Array<ArrayBuffer> {
  const count = spec.features * spec.batchSize;
  if (values.length !== count) throw wrongLength(values.length, spec);
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

/** As `parseRows`, for numbers that are float32 already: nothing is copied. @throws as parseRows */
export function checkRows(rows: Float32Array, spec: RowsSpec): void {
  const [min, max] = spec.range ?? [-float32Max, float32Max];
  for (let index = 0; index < rows.length; index++) {
    const value = rows[index] as number;
    if (!(value >= min && value <= max)) throw invalidRows(rows, spec);
  }
}

/**
 * What is wrong with the values, at most 16 faults, each with its JSON pointer. Never the values themselves: they may
 * be personal data, and faults are answered and logged.
 */
export function rowFaults(values: ArrayLike<unknown>, spec: RowsSpec): ErrorDetail[] {
  if (values.length !== spec.features * spec.batchSize) {
    return [{ pointer: '/input_data', detail: lengthSentence(values.length, spec) }];
  }
  const faults: ErrorDetail[] = [];
  for (let index = 0; index < values.length && faults.length < maxFaults; index++) {
    const fault = valueFault(values[index], spec);
    if (fault) faults.push({ pointer: `/input_data/${index}`, detail: fault.detail });
  }
  return faults;
}

function valueFault(value: unknown, { range }: RowsSpec): { code: ErrorCode; detail: string } | undefined {
  const [min, max] = range ?? [-float32Max, float32Max];
  const wanted = range ? `Expected a number from ${min} to ${max}` : 'Expected a number that float32 can hold';
  if (typeof value !== 'number')
    return { code: 'ERR_INVALID_INPUT', detail: `${wanted} but received ${kindOf(value)}` };
  if (Number.isNaN(value)) return { code: 'ERR_NOT_FINITE', detail: `${wanted} but received NaN` };
  if (value < min) return { code: 'ERR_OUT_OF_RANGE', detail: `${wanted} but received a smaller one` };
  if (value > max) return { code: 'ERR_OUT_OF_RANGE', detail: `${wanted} but received a larger one` };
  return undefined;
}

function invalidRows(values: ArrayLike<unknown>, spec: RowsSpec) {
  const errors = rowFaults(values, spec);
  const first = Number(errors[0]?.pointer.split('/')[2]);
  const code = valueFault(values[first], spec)?.code ?? 'ERR_INVALID_INPUT';
  return torchError(code, `input_data[${first}]: ${errors[0]?.detail}`, { errors });
}

function wrongLength(length: number, spec: RowsSpec) {
  return torchError('ERR_INVALID_SHAPE', lengthSentence(length, spec), { errors: rowFaults({ length }, spec) });
}

function lengthSentence(length: number, { features, batchSize }: RowsSpec): string {
  return `Expected ${features * batchSize} numbers (batch_size ${batchSize} × ${features} features) but received ${length}`;
}

function kindOf(value: unknown): string {
  return typeof value === 'string' ? 'a string' : typeof value === 'boolean' ? 'a boolean' : describe(value);
}
