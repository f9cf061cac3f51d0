/** Rows of numbers, as the body of a prediction has them, become one float32 array. */
import { describe, torchError } from '../../errors.js';
import { maxFaults } from '../../signature/range.js';
import { pointed } from './faults.js';
import { fitFloat32, float32Max } from './plain-request.js';
const bytesOfNumber = Float32Array.BYTES_PER_ELEMENT;
/**
 * The rows as one float32 array, row-major, in a single pass, which also measures their bounds.
 * @throws InputError with at most 16 faults: ERR_INVALID_SHAPE for the number of values, ERR_INVALID_INPUT for a value
 * that is not a number; without a range ERR_NOT_FINITE and ERR_OUT_OF_RANGE for what float32 cannot hold
 */
export function parseRows(values, spec) {
    const { features, batchSize, range } = spec;
    const count = features * batchSize;
    if (values.length !== count)
        throw wrongCount(values.length, spec);
    const rows = new Float32Array(count);
    let [min, max, isMeasured] = [Infinity, -Infinity, true];
    for (let index = 0; index < count; index++) {
        const value = values[index];
        if (typeof value !== 'number')
            throw invalidRows(values, spec);
        if (value < min)
            min = value;
        if (value > max)
            max = value;
        if (Number.isNaN(value))
            isMeasured = false;
        rows[index] = value;
    }
    if (!range && !(isMeasured && fitFloat32({ min, max })))
        throw invalidRows(values, spec);
    return { rows, batchSize, numbers: () => values, ...(isMeasured && { bounds: [min, max] }) };
}
/**
 * Rows of little-endian float32 numbers, as many as the bytes hold. They are used where they lie if they are aligned, so
 * the bytes must not be written to afterwards.
 * @param length bytes that came, where not all of them were kept
 * @throws InputError with at most 16 faults: ERR_INVALID_SHAPE for a length that does not make 1 to `maxRows` whole rows;
 * without a range ERR_NOT_FINITE (NaN) and ERR_OUT_OF_RANGE (±Infinity)
 */
export function octetRows(bytes, model, maxRows, length = bytes.byteLength) {
    const rowBytes = model.features * bytesOfNumber;
    const batchSize = length / rowBytes;
    if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > maxRows) {
        throw wrongLength(`Expected 1 to ${maxRows} rows of ${rowBytes} bytes (${model.features} float32 features) ` +
            `but received ${length} bytes`);
    }
    const rows = floatsOf(bytes);
    if (!model.range && !areFinite(rows))
        throw invalidRows(rows, model);
    return { rows, batchSize };
}
// Several times as fast as `every` with a function, which a body of 64 MiB would call 16 million times.
function areFinite(rows) {
    for (let index = 0; index < rows.length; index++)
        if (!Number.isFinite(rows[index]))
            return false;
    return true;
}
/** Every platform that LibTorch runs on is little-endian. */
function floatsOf({ buffer, byteOffset, byteLength }) {
    if (byteOffset % bytesOfNumber === 0)
        return new Float32Array(buffer, byteOffset, byteLength / bytesOfNumber);
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}
/**
 * What is wrong with the form of values, at most 16 faults. Never the values themselves: they may be personal data, and
 * faults are answered and logged.
 */
function invalidRows(values, { range }) {
    const faults = [];
    let code = 'ERR_INVALID_INPUT';
    for (let element = 0; element < values.length && faults.length < maxFaults; element++) {
        const fault = formFault(values[element], range);
        if (!fault)
            continue;
        if (faults.length === 0)
            ({ code } = fault);
        faults.push({ element, detail: fault.detail });
    }
    return pointed(code, faults);
}
function formFault(value, range) {
    const wanted = range
        ? `Expected a number from ${range[0]} to ${range[1]}`
        : 'Expected a number that float32 can hold';
    if (typeof value !== 'number')
        return { code: 'ERR_INVALID_INPUT', detail: `${wanted} but received ${kindOf(value)}` };
    if (range)
        return undefined;
    if (Number.isNaN(value))
        return { code: 'ERR_NOT_FINITE', detail: `${wanted} but received NaN` };
    if (value < -float32Max)
        return { code: 'ERR_OUT_OF_RANGE', detail: `${wanted} but received a smaller one` };
    if (value > float32Max)
        return { code: 'ERR_OUT_OF_RANGE', detail: `${wanted} but received a larger one` };
    return undefined;
}
/** The error of a number of values that makes no `batchSize` rows. */
export function wrongCount(received, { features, batchSize }) {
    const count = features * batchSize;
    return wrongLength(`Expected ${count} numbers (batch_size ${batchSize} × ${features} features) but received ${received}`);
}
function wrongLength(detail) {
    return torchError('ERR_INVALID_SHAPE', detail, { errors: [{ pointer: '/input_data', detail }] });
}
function kindOf(value) {
    return typeof value === 'string' ? 'a string' : typeof value === 'boolean' ? 'a boolean' : describe(value);
}
