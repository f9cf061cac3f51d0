import { allFields, delimitedField, integerField, joined, piece, textOf } from './protobuf.js';
import { field } from './proto-fields.js';
export const noEdit = {
    locations: new Map(),
    initializers: new Set(),
    outputs: new Set(),
    nodes: new Set(),
    added: [],
};
/** The bytes of the changed model: a copy, or the same where nothing is changed. @throws ERR_MODEL_FORMAT */
export function rewriteModel(bytes, edit) {
    const isChanged = edit.locations.size + edit.initializers.size + edit.outputs.size + edit.nodes.size + edit.added.length > 0;
    if (!isChanged)
        return bytes;
    return joined(replaced({ bytes, start: 0, end: bytes.length }, (number, span) => number === field.model.graph ? delimitedField(number, graph(span, edit)) : undefined));
}
/** @param change gives what a field of some length becomes; undefined leaves it as it is */
function replaced(message, change) {
    const pieces = [];
    for (const { number, span, whole } of allFields(message)) {
        const changed = span && change(number, span);
        if (changed)
            pieces.push(...changed);
        else
            pieces.push(piece(whole));
    }
    return pieces;
}
function graph(span, edit) {
    const { node, initializer, output } = field.graph;
    const kept = replaced(span, (number, inner) => {
        if (number === output)
            return edit.outputs.has(nameOf(inner, field.value.name)) ? [] : undefined;
        if (number === node)
            return edit.nodes.size > 0 && edit.nodes.has(firstOutput(inner)) ? [] : undefined;
        if (number !== initializer)
            return undefined;
        if (edit.initializers.has(nameOf(inner, field.tensor.name)))
            return [];
        return edit.locations.size > 0 ? delimitedField(number, tensor(inner, edit.locations)) : undefined;
    });
    return [...kept, ...edit.added.flatMap(addedOutput)];
}
function addedOutput({ name, of, elementType }) {
    const type = delimitedField(field.type.tensor, integerField(field.tensorType.element, elementType));
    const value = [...delimitedField(field.value.name, name), ...delimitedField(field.value.type, type)];
    const output = delimitedField(field.graph.output, value);
    if (of === name)
        return output;
    const { node } = field;
    const copy = [
        ...delimitedField(node.input, of),
        ...delimitedField(node.output, name),
        ...delimitedField(node.name, name),
        ...delimitedField(node.operator, 'Identity'),
    ];
    return [...delimitedField(field.graph.node, copy), ...output];
}
function tensor(span, locations) {
    return replaced(span, (number, entry) => {
        if (number !== field.tensor.external || nameOf(entry, field.entry.key) !== 'location')
            return undefined;
        const place = locations.get(nameOf(entry, field.entry.value));
        if (place === undefined)
            return undefined;
        return delimitedField(number, [
            ...delimitedField(field.entry.key, 'location'),
            ...delimitedField(field.entry.value, place),
        ]);
    });
}
/** The text of a field; of several the last, as every reader takes it. */
function nameOf(message, wanted) {
    let name = '';
    for (const { number, span } of allFields(message))
        if (span && number === wanted)
            name = textOf(span);
    return name;
}
function firstOutput(node) {
    for (const { number, span } of allFields(node))
        if (span && number === field.node.output)
            return textOf(span);
    return '';
}
