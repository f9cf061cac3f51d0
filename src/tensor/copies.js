import { torchError } from '../errors.js';
import { dtypeTable } from './dtype.js';
import { formatShape } from './shape.js';
/** A buffer of its own costs more than copying a few kilobytes, in allocation and in collection, so small copies share one. */
const chunkBytes = 64 * 1024;
/** Larger copies have a buffer of their own: a chunk lives as long as any copy in it. */
const largestShared = chunkBytes / 8;
/** Of vector instructions and of every element. */
const alignment = 64;
/**
 * A tensor's elements in a buffer that holds nothing else, so that it may be transferred.
 * @throws ERR_INVALID_SHAPE when the buffer was detached or has shrunk since the tensor was made
 */
export function ownCopy(tensor) {
    requireWhole(tensor);
    const { array } = dtypeTable[tensor.dtype];
    return tensor.data.length === 0 ? new array(0) : new array(tensor.data); // a Buffer's slice() would be a view
}
let chunk = new ArrayBuffer(0);
let used = 0;
/**
 * A tensor's elements where nobody else can change them. The copy is for the engine alone: small ones are parts of a buffer.
 * @throws as ownCopy
 */
export function copyData(tensor) {
    const { data } = tensor;
    if (data.byteLength === 0 || data.byteLength > largestShared)
        return ownCopy(tensor);
    requireWhole(tensor);
    if (used + data.byteLength > chunk.byteLength) {
        chunk = new ArrayBuffer(chunkBytes);
        used = 0;
    }
    const copy = new dtypeTable[tensor.dtype].array(chunk, used, data.length);
    used += Math.ceil(data.byteLength / alignment) * alignment;
    copy.set(data);
    return copy;
}
function requireWhole({ data, shape }) {
    let elements = 1;
    for (const size of shape)
        elements *= size;
    if (data.length === elements)
        return;
    throw torchError('ERR_INVALID_SHAPE', `Expected ${elements} elements for shape ${formatShape(shape)} but received ${data.length}; the buffer was detached or has shrunk`);
}
