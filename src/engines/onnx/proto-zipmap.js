import { field } from './proto-fields.js';
import { exactIntegers, fields, textOf } from './protobuf.js';
/** Undefined for another node, and for one that is not well-formed, which ONNX Runtime refuses. */
export function readZipMap(node) {
    const { input, output, operator, domain, attribute } = field.node;
    const found = {};
    for (const { number, span } of fields(node))
        if (span)
            (found[number] ??= []).push(span);
    const last = (number) => {
        const span = found[number]?.at(-1);
        return span ? textOf(span) : '';
    };
    if (last(operator) !== 'ZipMap' || last(domain) !== 'ai.onnx.ml')
        return undefined;
    const [[from], [to]] = [found[input] ?? [], found[output] ?? []];
    const keys = (found[attribute] ?? []).flatMap(keysOf);
    return from && to && keys.length > 0 ? { input: textOf(from), output: textOf(to), keys, isRead: false } : undefined;
}
function keysOf(attribute) {
    const keys = [];
    let name = '';
    for (const item of fields(attribute)) {
        const { number, span } = item;
        if (span && number === field.attribute.name)
            name = textOf(span);
        else if (span && number === field.attribute.strings)
            keys.push(textOf(span));
        else if (number === field.attribute.integers)
            keys.push(...[...exactIntegers(item)].map(key));
    }
    return name === 'classlabels_strings' || name === 'classlabels_int64s' ? keys : [];
}
function key(value) {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
/** The names of all values that some node reads, and of the main graph's outputs not. */
export function valuesRead(model) {
    const names = new Set();
    for (const { number, span } of fields(model)) {
        if (!span)
            continue;
        if (number === field.model.graph)
            readGraph(span, names);
        else if (number === field.model.functions)
            readBody(span, names, field.function.node);
    }
    return names;
}
function readGraph(graph, names) {
    readBody(graph, names, field.graph.node);
}
function readBody(body, names, nodeField) {
    for (const { number, span } of fields(body))
        if (span && number === nodeField)
            readNode(span, names);
}
function readNode(node, names) {
    for (const { number, span } of fields(node)) {
        if (!span)
            continue;
        if (number === field.node.input)
            names.add(textOf(span));
        if (number !== field.node.attribute)
            continue;
        for (const inner of fields(span)) {
            const isGraph = inner.number === field.attribute.graph || inner.number === field.attribute.graphs;
            if (inner.span && isGraph)
                readGraph(inner.span, names);
        }
    }
}
