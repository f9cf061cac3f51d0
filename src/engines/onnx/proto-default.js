import { dtypeTable } from '../../tensor/dtype.js';
import { field } from './proto-fields.js';
import { exactIntegers, fields, integers, piece, textOf } from './protobuf.js';
import { dtypeOfElement, stringElement } from './tensor-types.js';
/** A larger one stays in the graph, where ONNX Runtime may compute with it ahead. */
const maxBytes = 64 * 1024;
/** Undefined for one that is large, that lies outside of the file, or whose elements are not as many as its shape says. */
export function readDefault(tensor) {
    const shape = [];
    const parts = [];
    let elementType = 0;
    for (const item of fields(tensor)) {
        const { number, value, span } = item;
        if (number === field.tensor.dims)
            shape.push(...integers(item));
        else if (number === field.tensor.type)
            elementType = value;
        else if (number === field.tensor.location || (span && number === field.tensor.external))
            return undefined;
        else
            parts.push(item);
    }
    const count = shape.reduce((product, size) => product * size, 1);
    if (!(count >= 0 && count <= maxBytes))
        return undefined;
    if (elementType === stringElement) {
        const data = parts.flatMap(({ number, span }) => (span && number === field.tensor.strings ? [textOf(span)] : []));
        return data.length === count ? { dtype: 'string', shape, data } : undefined;
    }
    const dtype = dtypeOfElement[elementType];
    if (!dtype || count * dtypeTable[dtype].bytes > maxBytes)
        return undefined;
    const data = rawElements(dtype, parts) ?? typedElements(dtype, parts);
    return data?.length === count ? { dtype, shape, data } : undefined;
}
function rawElements(dtype, parts) {
    const raw = parts.findLast(({ number, span }) => span && number === field.tensor.raw)?.span;
    return raw && fromBytes(dtype, piece(raw));
}
function fromBytes(dtype, part) {
    const { array, bytes } = dtypeTable[dtype];
    // A copy in memory that is not shared, and that begins where an element may.
    return part.length % bytes === 0 ? new array(new Uint8Array(part).buffer) : undefined;
}
/** Elements in the field of their kind. Floats and doubles are packed there, as every writer has them. */
function typedElements(dtype, parts) {
    const { array, kind, bytes } = dtypeTable[dtype];
    const { floats, doubles, longs, unsigned, integers: others } = field.tensor;
    if (dtype === 'float32' || dtype === 'float64') {
        const wanted = dtype === 'float32' ? floats : doubles;
        const spans = parts.flatMap(({ number, span }) => (span && number === wanted ? [span] : []));
        return spans.length === 1
            ? fromBytes(dtype, piece(spans[0]))
            : spans.length === 0
                ? new array(0)
                : undefined;
    }
    const wanted = dtype === 'int64' ? longs : dtype === 'uint64' || dtype === 'uint32' ? unsigned : others;
    const values = parts.filter(({ number }) => number === wanted).flatMap((item) => [...exactIntegers(item)]);
    // Stores wrap, which is what makes an unsigned element of 64 bits of a signed one.
    return new array((kind === 'int' && bytes === 8 ? values : values.map(Number)));
}
