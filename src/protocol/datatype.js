import { torchError } from '../errors.js';
import { dtypeTable } from '../tensor/dtype.js';
/**
 * The one table of the protocol's datatypes. Sources: the Open Inference Protocol's `inference_rest.md` and `.proto`; BF16 is of
 * KServe's table.
 */
export const datatypeTable = {
    BOOL: { dtype: 'bool', config: 'TYPE_BOOL', contents: 'bool_contents' },
    UINT8: { dtype: 'uint8', config: 'TYPE_UINT8', contents: 'uint_contents' },
    UINT16: { dtype: 'uint16', config: 'TYPE_UINT16', contents: 'uint_contents' },
    UINT32: { dtype: 'uint32', config: 'TYPE_UINT32', contents: 'uint_contents' },
    UINT64: { dtype: 'uint64', config: 'TYPE_UINT64', contents: 'uint64_contents' },
    INT8: { dtype: 'int8', config: 'TYPE_INT8', contents: 'int_contents' },
    INT16: { dtype: 'int16', config: 'TYPE_INT16', contents: 'int_contents' },
    INT32: { dtype: 'int32', config: 'TYPE_INT32', contents: 'int_contents' },
    INT64: { dtype: 'int64', config: 'TYPE_INT64', contents: 'int64_contents' },
    FP16: { dtype: 'float16', config: 'TYPE_FP16', contents: undefined },
    BF16: { dtype: 'bfloat16', config: 'TYPE_BF16', contents: undefined },
    FP32: { dtype: 'float32', config: 'TYPE_FP32', contents: 'fp32_contents' },
    FP64: { dtype: 'float64', config: 'TYPE_FP64', contents: 'fp64_contents' },
    BYTES: { dtype: undefined, config: 'TYPE_STRING', contents: 'bytes_contents' },
};
const ofDtypes = new Map(Object.entries(datatypeTable).map(([name, { dtype }]) => [dtype, name]));
/** The protocol's name of a dtype. */
export function datatypeOf(dtype) {
    return ofDtypes.get(dtype);
}
/** Bytes of one element; undefined for BYTES, whose elements have a length each. */
export function bytesOf(datatype) {
    const { dtype } = datatypeTable[datatype];
    return dtype && dtypeTable[dtype].bytes;
}
/**
 * Holds a text to the table.
 * @param where names the tensor in the error, e.g. `input x`
 * @throws ERR_INVALID_DTYPE
 */
export function requireDatatype(datatype, where) {
    if (typeof datatype === 'string' && Object.hasOwn(datatypeTable, datatype))
        return datatype;
    throw torchError('ERR_INVALID_DTYPE', `Expected one of ${Object.keys(datatypeTable).join(', ')} as the datatype of ${where}`);
}
