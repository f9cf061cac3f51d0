import { field } from './proto-fields.js';
import { fields, integers, malformed, textOf } from './protobuf.js';
import { elementBits } from './tensor-types.js';
/** The tensor's name. */
export function readSparse(sparse, found) {
    let name = '';
    for (const { number, span } of fields(sparse)) {
        if (span && number === field.sparse.values)
            name = readTensor(span, found);
        else if (span && number === field.sparse.indices)
            readTensor(span, found);
    }
    return name;
}
/** The tensor's name. */
export function readTensor(tensor, found, outermost = false) {
    const { dims, type, name: nameField, external, location } = field.tensor;
    let name = '';
    let elements = 1;
    let elementType = 0;
    let isExternal = false;
    const entries = [];
    for (const item of fields(tensor)) {
        if (item.number === dims)
            for (const size of integers(item))
                elements *= size;
        else if (item.number === type)
            elementType = item.value;
        else if (item.number === location)
            isExternal ||= item.value === 1;
        else if (item.span && item.number === nameField)
            name = textOf(item.span);
        else if (item.span && item.number === external)
            entries.push(item.span);
    }
    if (Number.isSafeInteger(elements))
        found.parameterBytes += Math.ceil((elements * elementBits(elementType)) / 8);
    // Whatever names a place is looked at, so that no other reader of the file finds one that was not.
    if (isExternal || entries.length > 0)
        found.external.push(...readExternal(entries, outermost));
    return name;
}
/** One for every location that is named; a reader of the file may take any of them. */
function readExternal(entries, outermost) {
    const locations = [];
    let offset = 0;
    let length;
    for (const entry of entries) {
        let key = '';
        let value = '';
        for (const { number, span } of fields(entry)) {
            if (span && number === field.entry.key)
                key = textOf(span);
            else if (span && number === field.entry.value)
                value = textOf(span);
        }
        if (key === 'location')
            locations.push(value);
        else if (key === 'offset')
            offset = wholeNumber(value);
        else if (key === 'length')
            length = wholeNumber(value);
    }
    if (locations.length === 0)
        throw malformed('external data without a location');
    return locations.map((location) => ({ location, offset, length, outermost }));
}
function wholeNumber(text) {
    const value = Number(text);
    if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value))
        throw malformed('an invalid external-data offset or length');
    return value;
}
