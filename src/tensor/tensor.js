import { torchError } from '../errors.js';
import { argmaxAlong, argmaxOfAll } from './argmax.js';
import { checkDType, isDetached } from './dtype.js';
import { decoderOf } from './element.js';
import { bfloat16ToFloat32, float16ToFloat32 } from './float16.js';
import { elementsFromJson, elementsToJson } from './json.js';
import { fill, flatten, nest, requireElements } from './nested.js';
import { elementCount, formatShape, resolveShape } from './shape.js';
import { allocate, dataOf, dtypeOfKind, typedArrayKind } from './dtype.js';
/** What every copy of this package marks its tensors with. */
const brand = Symbol.for('node-libtorch.Tensor');
/**
 * A dense tensor in row-major order.
 *
 * `data` is the typed array of the dtype: float16 and bfloat16 bits are a `Uint16Array`, int64 a `BigInt64Array`, bool
 * a `Uint8Array` of 0 and 1. The array is not copied here; a run copies it when it is submitted. The tensor is frozen, the
 * elements of `data` are not.
 *
 * @example
 * const pixels = new Tensor('float32', new Float32Array(784), [1, 784]);
 * const tokens = Tensor.from([[101n, 2023n, 102n]]); // int64 [1, 3]
 * const scores = await model.run(pixels);
 * console.log(scores.shape, scores.argmax(), scores.toArray());
 */
export class Tensor {
    dtype;
    /** The size of each dimension; empty for a single value. */
    shape;
    data;
    /**
     * Tensors of every copy of this package are tensors: Jest loads one for each test file, `require` and `import` one each. What
     * merely says to be one is checked where it is used: in native code, and by its dtype, data and shape.
     */
    static [Symbol.hasInstance](value) {
        return typeof value === 'object' && value !== null && brand in value;
    }
    /**
     * @param data elements in row-major order, as many as the shape says; typed arrays of other realms are taken too
     * @throws ERR_INVALID_DTYPE; ERR_INVALID_SHAPE for another number of elements or a detached buffer; ERR_INVALID_ARGUMENT
     * for data that is not the dtype's typed array
     */
    constructor(dtype, data, shape) {
        checkDType(dtype);
        // Read once: what was checked is what is kept.
        const own = Array.isArray(shape) ? [...shape] : shape;
        const elements = elementCount(own);
        this.dtype = dtype;
        this.shape = Object.freeze(elements === 0 ? own.map((size) => size + 0) : own); // -0 + 0 is 0
        this.data = dataOf(dtype, data);
        const detached = this.data.length === 0 && isDetached(this.data);
        if (this.data.length !== elements || detached) {
            throw torchError('ERR_INVALID_SHAPE', `Expected ${elements} elements for shape ${formatShape(this.shape)} but received ${detached ? 'a detached buffer' : this.data.length}`);
        }
        Object.freeze(this);
    }
    static from(from, how) {
        const kind = typedArrayKind(from);
        if (kind !== undefined)
            return fromTyped(kind, from, how);
        const { dtype, data, shape } = flatten(from, how);
        return new Tensor(dtype, data, shape);
    }
    /**
     * A tensor that JSON holds, as `toJSON` wrote it; `data` may also be nested as the shape is, and then `shape` may be left
     * out.
     * @throws ERR_INVALID_INPUT, ERR_INVALID_DTYPE, ERR_INVALID_SHAPE, ERR_OUT_OF_RANGE
     */
    static fromJSON(json) {
        if (typeof json !== 'object' || json === null) {
            throw torchError('ERR_INVALID_INPUT', 'Expected an object with dtype, shape and data for a tensor');
        }
        const { dtype, shape, data } = json;
        checkDType(dtype);
        const elements = flatten(elementsFromJson(data, dtype), dtype);
        const tensor = new Tensor(dtype, elements.data, (shape === undefined ? elements.shape : shape));
        const nested = formatShape(elements.shape);
        if (elements.shape.length < 2 || nested === formatShape(tensor.shape))
            return tensor;
        throw torchError('ERR_INVALID_SHAPE', `Expected data that is flat or nested as its shape ${formatShape(tensor.shape)} is, but it is nested as ${nested}`);
    }
    static zeros(shape, dtype = 'float32') {
        checkDType(dtype);
        return new Tensor(dtype, allocate(dtype, elementCount(shape)), shape);
    }
    static full(shape, value, dtype) {
        const { dtype: own, data } = fill(elementCount(shape), value, dtype);
        return new Tensor(own, data, shape);
    }
    /** Number of elements. */
    get size() {
        return this.data.length;
    }
    /**
     * A tensor of another shape over the same memory.
     * @param shape one dimension may be -1: it takes what the others leave
     * @throws ERR_INVALID_SHAPE for another number of elements, several -1, or a -1 that could be any size
     */
    reshape(shape) {
        requireElements(this.data, elementCount(this.shape));
        return new Tensor(this.dtype, this.data, resolveShape(shape, this.data.length));
    }
    /**
     * The only element: a number, a bigint (64-bit integers) or a boolean.
     * @throws ERR_INVALID_SHAPE unless there is exactly one element
     */
    item() {
        requireElements(this.data, elementCount(this.shape));
        if (this.data.length === 1)
            return decoderOf(this.dtype)(this.data[0]);
        throw torchError('ERR_INVALID_SHAPE', `Expected exactly one element for item() but received shape ${formatShape(this.shape)}`);
    }
    argmax(axis) {
        requireElements(this.data, elementCount(this.shape));
        if (axis === undefined)
            return argmaxOfAll(this);
        const { data, shape } = argmaxAlong(this, axis);
        return new Tensor('int64', data, shape);
    }
    /**
     * The elements as nested arrays (a single value for rank 0): numbers, bigints (64-bit integers) or booleans.
     * @throws ERR_INVALID_SHAPE when the buffer was detached since, or for more than 2^24 empty arrays
     */
    toArray() {
        return nest(this.dtype, this.data, this.shape);
    }
    /**
     * What `JSON.stringify` writes, and `fromJSON` and `node-libtorch run --input` read. Every element keeps its
     * value, except that -0 becomes 0.
     * @throws ERR_INVALID_SHAPE when the buffer was detached since
     */
    toJSON() {
        requireElements(this.data, elementCount(this.shape));
        return { dtype: this.dtype, shape: this.shape, data: elementsToJson(this.dtype, this.data) };
    }
    /**
     * A float32 tensor of the same shape and numbers, in memory of its own: exact for float16, bfloat16, bool and integers of
     * up to 16 bits, rounded for the others.
     * @throws ERR_INVALID_SHAPE when the buffer was detached since
     */
    toFloat32() {
        requireElements(this.data, elementCount(this.shape));
        const { dtype, data, shape } = this;
        if (dtype === 'float16')
            return new Tensor('float32', float16ToFloat32(data), shape);
        if (dtype === 'bfloat16')
            return new Tensor('float32', bfloat16ToFloat32(data), shape);
        return new Tensor('float32', Float32Array.from(data, Number), shape);
    }
}
Object.defineProperty(Tensor.prototype, brand, { value: true });
function fromTyped(kind, data, shape) {
    const dtype = dtypeOfKind(kind);
    // Canvas pixels: the same bytes, which are clamped only when they are written to.
    const own = kind === 'Uint8ClampedArray' ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data;
    return new Tensor(dtype, own, shape === undefined ? [own.length] : shape);
}
