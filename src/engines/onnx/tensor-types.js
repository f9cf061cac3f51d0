/** TensorProto.DataType: the dtypes of ours that ONNX Runtime's Node binding takes. bfloat16 has none there. */
export const dtypeOfElement = {
    1: 'float32',
    2: 'uint8',
    3: 'int8',
    4: 'uint16',
    5: 'int16',
    6: 'int32',
    7: 'int64',
    9: 'bool',
    10: 'float16',
    11: 'float64',
    12: 'uint32',
    13: 'uint64',
};
/** TensorProto.DataType of strings. */
export const stringElement = 8;
/** What the others are called, for messages. */
const otherElements = {
    8: 'string',
    14: 'complex64',
    15: 'complex128',
    16: 'bfloat16',
    17: 'float8e4m3fn',
    18: 'float8e4m3fnuz',
    19: 'float8e5m2',
    20: 'float8e5m2fnuz',
    21: 'uint4',
    22: 'int4',
    23: 'float4e2m1',
    24: 'float8e8m0',
    25: 'uint2',
    26: 'int2',
};
export function elementName(type) {
    return dtypeOfElement[type] ?? otherElements[type] ?? `element type ${type}`;
}
/** Bits of an element, for sizes only. */
export function elementBits(type) {
    return bits[elementName(type)] ?? 8;
}
const bits = {
    ...{ float32: 32, uint8: 8, int8: 8, uint16: 16, int16: 16, int32: 32, int64: 64, bool: 8, float16: 16, float64: 64 },
    ...{ uint32: 32, uint64: 64, complex64: 64, complex128: 128, bfloat16: 16 },
    ...{ uint4: 4, int4: 4, float4e2m1: 4, uint2: 2, int2: 2 },
};
