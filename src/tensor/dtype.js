import { describe, expected, torchError } from '../errors.js';
const int = (array, bits) => ({
    array,
    bytes: bits / 8,
    kind: 'int',
    min: -(2n ** BigInt(bits - 1)),
    max: 2n ** BigInt(bits - 1) - 1n,
});
const uint = (array, bits) => ({
    array,
    bytes: bits / 8,
    kind: 'int',
    min: 0n,
    max: 2n ** BigInt(bits) - 1n,
});
/** The one table of dtypes; native/engine/dtype.cc has the same names, held together by a test. */
export const dtypeTable = {
    float32: { array: Float32Array, bytes: 4, kind: 'float' },
    float64: { array: Float64Array, bytes: 8, kind: 'float' },
    float16: { array: Uint16Array, bytes: 2, kind: 'float' },
    bfloat16: { array: Uint16Array, bytes: 2, kind: 'float' },
    int8: int(Int8Array, 8),
    uint8: uint(Uint8Array, 8),
    int16: int(Int16Array, 16),
    uint16: uint(Uint16Array, 16),
    int32: int(Int32Array, 32),
    uint32: uint(Uint32Array, 32),
    int64: int(BigInt64Array, 64),
    uint64: uint(BigUint64Array, 64),
    bool: { array: Uint8Array, bytes: 1, kind: 'bool' },
};
export const dtypes = Object.keys(dtypeTable);
export function isDType(value) {
    return typeof value === 'string' && Object.hasOwn(dtypeTable, value);
}
/** @throws ERR_INVALID_DTYPE */
export function checkDType(dtype) {
    if (isDType(dtype))
        return;
    throw torchError('ERR_INVALID_DTYPE', `Expected one of ${dtypes.join(', ')} for dtype but received ${describe(dtype)}`);
}
// Typed arrays by their kind. A tag tells it, not `instanceof`: each realm (vm, Jest) has constructors of its own.
/** The dtype of each kind of typed array. */
const dtypeByKind = {
    Float32Array: 'float32',
    Float64Array: 'float64',
    Float16Array: 'float16',
    Int8Array: 'int8',
    Uint8Array: 'uint8',
    Uint8ClampedArray: 'uint8',
    Int16Array: 'int16',
    Uint16Array: 'uint16',
    Int32Array: 'int32',
    Uint32Array: 'uint32',
    BigInt64Array: 'int64',
    BigUint64Array: 'uint64',
};
// Reads what JavaScript itself keeps of the array, so that nothing else can pass for one.
const { get: tag } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
/** The name of a typed array's kind; undefined for anything else. A Buffer is a `Uint8Array`. */
export function typedArrayKind(value) {
    return tag.call(value);
}
/** A view of the same memory that is a Uint8Array and nothing more. */
function plainBytes({ buffer, byteOffset, length }) {
    return new Uint8Array(buffer, byteOffset, length);
}
/**
 * Whether the memory of a typed array is gone: its buffer was transferred, or has shrunk so far that the array lies outside.
 * Such an array says that it is empty, as one that was made without elements does.
 */
export function isDetached(data) {
    if (data.byteLength > 0)
        return false;
    try {
        Uint8Array.prototype.includes.call(data, 0); // looks whether there is memory, before anything else
        return false;
    }
    catch {
        return true;
    }
}
/** The dtype that a typed array's kind stands for. */
export function dtypeOfKind(kind) {
    return dtypeByKind[kind];
}
/**
 * The typed array that a tensor of the dtype keeps: the one that is given, or a view of the bits of a Float16Array.
 * @throws ERR_INVALID_ARGUMENT for one of another kind, and for anything else
 */
export function dataOf(dtype, data) {
    const { name } = dtypeTable[dtype].array;
    const kind = typedArrayKind(data);
    // A Buffer's slice() and toString() are not those of a Uint8Array.
    if (kind === name)
        return (Buffer.isBuffer(data) ? plainBytes(data) : data);
    if (kind === 'Float16Array' && dtype === 'float16') {
        const bits = data;
        return new Uint16Array(bits.buffer, bits.byteOffset, bits.byteLength / 2);
    }
    throw expected(`a ${name}`, `the data of a ${dtype} tensor`, data);
}
/** An array of zeros. @throws ERR_OUT_OF_MEMORY for more than there is memory, or than a typed array can hold */
export function allocate(dtype, elements) {
    const { array, bytes } = dtypeTable[dtype];
    try {
        return new array(elements);
    }
    catch (cause) {
        const needed = `${elements} elements of ${bytes} bytes`;
        throw torchError('ERR_OUT_OF_MEMORY', `Expected memory for ${needed} but there is not enough`, { cause });
    }
}
