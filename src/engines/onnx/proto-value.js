import { field } from './proto-fields.js';
import { fields, malformed, textOf } from './protobuf.js';
const kindOfField = {
    1: 'tensor',
    4: 'sequence',
    5: 'map',
    7: 'opaque',
    8: 'sparse tensor',
    9: 'optional',
};
/** @throws ERR_MODEL_FORMAT */
export function readValue(value) {
    let name = '';
    let type;
    for (const { number, span } of fields(value)) {
        if (span && number === field.value.name)
            name = textOf(span);
        else if (span && number === field.value.type)
            type = span;
    }
    if (name === '')
        throw malformed('an input or output without a name');
    return {
        name,
        ...(type ? readType(type) : { kind: 'nothing', elementType: 0, shape: undefined, symbols: undefined }),
    };
}
function readType(type) {
    let kind = 'nothing';
    let tensor;
    for (const { number, span } of fields(type)) {
        if (!span || !kindOfField[number])
            continue;
        kind = kindOfField[number];
        if (number === field.type.tensor)
            tensor = span;
    }
    let elementType = 0;
    let dimensions;
    if (kind === 'tensor' && tensor) {
        for (const { number, value, span } of fields(tensor)) {
            if (number === field.tensorType.element)
                elementType = value;
            else if (span && number === field.tensorType.shape)
                dimensions = readShape(span);
        }
    }
    const names = dimensions?.map(({ symbol }) => symbol);
    return {
        kind,
        elementType,
        shape: dimensions?.map(({ size }) => size),
        symbols: names?.some((name) => name !== null) ? names : undefined,
    };
}
function readShape(shape) {
    const dimensions = [];
    for (const { number, span } of fields(shape)) {
        if (span && number === field.shape.dimension)
            dimensions.push(readDimension(span));
    }
    return dimensions;
}
/** What exporters write for a dimension of which they know nothing; several of one such name need not be of one size. */
const meaningless = /^(?:|\?|-?\d+|none|null|unknown|unk__\d+|dynamic)$/i;
/** A name, nothing, or a negative size (as some exporters write) is a free dimension. */
function readDimension(dimension) {
    let size = null;
    let symbol = null;
    for (const { number, value, span } of fields(dimension)) {
        if (number === field.dimension.parameter && span) {
            size = null;
            const text = textOf(span);
            symbol = meaningless.test(text) ? null : text;
        }
        else if (number === field.dimension.size) {
            size = value >= 2 ** 63 ? null : value;
            symbol = null;
        }
    }
    if (size !== null && !Number.isSafeInteger(size))
        throw malformed('a dimension beyond 2^53');
    return { size, symbol };
}
