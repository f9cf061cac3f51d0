import { JsonReader, invalid } from './reader.js';
import { beginsNumber, numberEnd } from './tokens.js';
// A double holds these powers of ten exactly, as it does integers of 15 digits: one division of the two is rounded
// once, so it is the nearest double. (W. D. Clinger, How to read floating point numbers accurately.)
const powers = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const exactDigits = 15;
const minus = 0x2d;
const zero = 0x30;
const nine = 0x39;
/** The number here, as JSON.parse reads it; infinite where it is too large. @throws ERR_MALFORMED_JSON */
export function readNumber(reader) {
    const { bytes } = reader;
    const begin = reader.at;
    const isNegative = bytes[begin] === minus;
    let at = isNegative ? begin + 1 : begin;
    const first = at;
    let mantissa = 0;
    let byte = bytes[at];
    for (; byte >= zero && byte <= nine; byte = bytes[++at])
        mantissa = mantissa * 10 + (byte - zero);
    let digits = at - first;
    const hasZeros = digits > 1 && bytes[first] === zero;
    let fraction = 0;
    if (byte === 0x2e && digits > 0) {
        const point = at;
        byte = bytes[++at];
        for (; byte >= zero && byte <= nine; byte = bytes[++at])
            mantissa = mantissa * 10 + (byte - zero);
        fraction = at - point - 1;
        digits = fraction === 0 ? 0 : digits + fraction;
    }
    if (digits === 0 || digits > exactDigits || hasZeros || byte === 0x65 || byte === 0x45) {
        reader.at = numberEnd(bytes, begin);
        return Number(bytes.toString('latin1', begin, reader.at));
    }
    reader.at = at;
    const magnitude = fraction === 0 ? mantissa : mantissa / powers[fraction];
    return isNegative ? -magnitude : magnitude;
}
/**
 * The integer here, whatever its size: exactly what the text says. `1.0` and `1e2` are integers.
 * @throws ERR_MALFORMED_JSON, ERR_BAD_REQUEST for what is no integer
 */
export function readInteger(reader, where) {
    const { bytes } = reader;
    const begin = reader.at;
    if (!beginsNumber(bytes[begin]))
        throw reader.mismatch(where(), 'an integer');
    const isNegative = bytes[begin] === minus;
    let at = isNegative ? begin + 1 : begin;
    const first = at;
    let value = 0;
    let byte = bytes[at];
    for (; byte >= zero && byte <= nine; byte = bytes[++at])
        value = value * 10 + (byte - zero);
    const digits = at - first;
    const isPlain = byte !== 0x2e && byte !== 0x65 && byte !== 0x45 && (digits === 1 || bytes[first] !== zero);
    if (isPlain && digits > 0 && digits <= exactDigits) {
        reader.at = at;
        return isNegative ? 0 - value : value;
    }
    reader.at = numberEnd(bytes, begin);
    const exact = integerOf(bytes.toString('latin1', begin, reader.at));
    if (exact === undefined)
        throw invalid(`Expected an integer for ${where()} but received a number with a fraction`);
    return exact;
}
/** More digits are out of range of every type, and their value would take long to make. */
const mostDigits = 20;
/** Undefined for a number with a fraction; one of more than 20 digits is as good as 10^20. */
function integerOf(text) {
    const [, sign, whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
    const digits = (whole + fraction).replace(/^0+/, '');
    const significant = withoutZeros(digits);
    if (significant === '')
        return 0n;
    const scale = Number(exponent) - fraction.length + digits.length - significant.length;
    if (scale < 0)
        return undefined;
    const size = significant.length + scale;
    const magnitude = size > mostDigits ? 10n ** BigInt(mostDigits) : BigInt(significant + '0'.repeat(scale));
    return sign === '-' ? -magnitude : magnitude;
}
/** A pattern would look at a text of zeros again from each of them. */
function withoutZeros(digits) {
    let end = digits.length;
    while (end > 0 && digits.charCodeAt(end - 1) === zero)
        end--;
    return digits.slice(0, end);
}
