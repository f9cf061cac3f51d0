/** float16 (IEEE 754 binary16) and bfloat16 as 16 raw bits, rounded to nearest, ties to even. */
import { expected, torchError } from '../errors.js';
import { isDetached, typedArrayKind } from './dtype.js';
const word = new DataView(new ArrayBuffer(4));
function floatBits(value) {
    word.setFloat32(0, value);
    return word.getUint32(0);
}
export function encodeBFloat16(value) {
    // Rounding through float32 first is what PyTorch does.
    const bits = floatBits(value);
    if (Number.isNaN(value))
        return 0x7fc0;
    return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
export function decodeBFloat16(bits) {
    word.setUint32(0, bits << 16);
    return word.getFloat32(0);
}
export function encodeFloat16(value) {
    const bits = floatBits(value);
    const sign = (bits >>> 16) & 0x8000;
    if (Number.isNaN(value))
        return sign | 0x7e00;
    const magnitude = Math.abs(Math.fround(value));
    if (magnitude >= 65520)
        return sign | 0x7c00;
    if (magnitude < 2 ** -14)
        return sign | roundTiesToEven(magnitude * 2 ** 24);
    const exponent = ((bits >>> 23) & 0xff) - 127;
    // A mantissa that rounds up to 1024 carries into the exponent by plain addition.
    return sign | (((exponent + 15) << 10) + roundTiesToEven((magnitude / 2 ** exponent - 1) * 1024));
}
export function decodeFloat16(bits) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >>> 10) & 0x1f;
    const mantissa = bits & 0x3ff;
    if (exponent === 0)
        return sign * mantissa * 2 ** -24;
    if (exponent === 31)
        return mantissa ? NaN : sign * Infinity;
    return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
function roundTiesToEven(value) {
    const floor = Math.floor(value);
    const rest = value - floor;
    if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1))
        return floor + 1;
    return floor;
}
/** float32 numbers of float16 bits, exactly. @throws ERR_INVALID_ARGUMENT */
export function float16ToFloat32(bits) {
    checkBits(bits);
    return Float32Array.from(bits, decodeFloat16);
}
/** float16 bits of numbers, rounded to nearest, ties to even; beyond 65504 they become infinite. @throws ERR_INVALID_ARGUMENT */
export function float32ToFloat16(values) {
    checkNumbers(values);
    return Uint16Array.from(values, encodeFloat16);
}
/** float32 numbers of bfloat16 bits, exactly. @throws ERR_INVALID_ARGUMENT */
export function bfloat16ToFloat32(bits) {
    checkBits(bits);
    // A bfloat16 is the upper half of a float32.
    return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}
/** bfloat16 bits of numbers, rounded to nearest, ties to even. @throws ERR_INVALID_ARGUMENT */
export function float32ToBFloat16(values) {
    checkNumbers(values);
    return Uint16Array.from(values, encodeBFloat16);
}
function checkBits(bits) {
    if (typedArrayKind(bits) !== 'Uint16Array')
        throw expected('a Uint16Array', 'the bits', bits);
    requireMemory(bits, 'the bits');
}
function requireMemory(view, where) {
    if (!isDetached(view))
        return;
    throw torchError('ERR_INVALID_ARGUMENT', `Expected a typed array for ${where} but its buffer was detached or has shrunk`);
}
function checkNumbers(values) {
    if (Array.isArray(values))
        return;
    if (['Float32Array', 'Float64Array'].includes(String(typedArrayKind(values)))) {
        requireMemory(values, 'the values');
        return;
    }
    throw expected('a Float32Array or an array of numbers', 'the values', values);
}
