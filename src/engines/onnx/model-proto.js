import { readDefault } from './proto-default.js';
import { field } from './proto-fields.js';
import { TraitReader } from './proto-traits.js';
import { readSparse, readTensor } from './proto-tensor.js';
import { readValue } from './proto-value.js';
import { readZipMap, valuesRead } from './proto-zipmap.js';
import { fields, malformed } from './protobuf.js';
/** Before version 4 an initializer is a constant, whether it is an input too or not. */
const overridableSince = 4;
/** More of them are not parameters but weights, as old exporters list them among the inputs. */
const maxDefaults = 32;
/** Graphs within graphs (If, Loop, Scan); real models have two or three levels. */
const maxDepth = 32;
/** @throws ERR_MODEL_FORMAT for bytes that are not an ONNX model */
export function readModelProto(bytes) {
    const traitReader = new TraitReader();
    const found = {
        ...{ inputs: [], outputs: [], initializers: new Map(), zipMaps: [], external: [] },
        ...{ parameterBytes: 0, traitReader },
    };
    const { model } = field;
    const whole = { bytes, start: 0, end: bytes.length };
    let graphs = 0;
    let irVersion = 0;
    for (const { number, span, value } of fields(whole)) {
        if (number === model.irVersion)
            irVersion = value;
        if (!span)
            continue;
        if (number === model.graph) {
            ++graphs;
            readGraph(span, found, 0);
        }
        else if (number === model.functions)
            readFunction(span, found);
        else if (number === model.trainingInfo)
            readTraining(span, found);
    }
    if (graphs !== 1)
        throw malformed(graphs === 0 ? 'no graph' : 'more than one graph');
    const { initializers, inputs, outputs, external, parameterBytes, zipMaps } = found;
    if (outputs.length === 0)
        throw malformed('a graph without outputs');
    return {
        inputs: inputs.filter(({ name }) => !initializers.has(name)),
        outputs,
        order: inputs.map(({ name }) => name),
        defaulted: defaultsOf(found, irVersion),
        zipMaps: withReaders(zipMaps, whole),
        parameterBytes,
        external,
        traits: traitReader.told(whole),
    };
}
function defaultsOf({ inputs, initializers }, irVersion) {
    const defaulted = inputs.filter(({ name }) => initializers.has(name));
    const isOpen = irVersion >= overridableSince && defaulted.length <= maxDefaults;
    return defaulted.map((input) => {
        const tensor = isOpen ? initializers.get(input.name) : undefined;
        return { ...input, value: tensor && readDefault(tensor) };
    });
}
/** Says of each whether a node reads its maps, for one whose maps nobody reads may go. */
function withReaders(zipMaps, whole) {
    if (zipMaps.length === 0)
        return zipMaps;
    const read = valuesRead(whole);
    return zipMaps.map((zipMap) => ({ ...zipMap, isRead: read.has(zipMap.output) }));
}
function readGraph(graph, found, depth) {
    if (depth > maxDepth)
        throw malformed(`more than ${maxDepth} graphs within each other`);
    const { node, initializer, input, output, sparseInitializer } = field.graph;
    for (const { number, span } of fields(graph)) {
        if (!span)
            continue;
        if (number === node) {
            readNode(span, found, depth);
            const zipMap = depth === 0 ? readZipMap(span) : undefined;
            if (zipMap)
                found.zipMaps.push(zipMap);
        }
        else if (number === initializer) {
            const name = readTensor(span, found, depth === 0);
            if (depth === 0)
                found.initializers.set(name, span);
        }
        else if (number === sparseInitializer) {
            const name = readSparse(span, found);
            if (depth === 0)
                found.initializers.set(name, undefined);
        }
        else if (depth > 0)
            continue;
        else if (number === input)
            found.inputs.push(readValue(span));
        else if (number === output)
            found.outputs.push(readValue(span));
    }
}
function readFunction(body, found) {
    for (const { number, span } of fields(body)) {
        if (span && number === field.function.node)
            readNode(span, found, 0);
        else if (span && number === field.function.attribute)
            readAttribute(span, found, 0);
    }
}
function readTraining(training, found) {
    const { traitReader } = found;
    found.traitReader = undefined;
    for (const { number, span } of fields(training)) {
        // Not the main graph: depth 1 keeps its inputs out of the signature.
        if (span && (number === field.training.initialization || number === field.training.algorithm))
            readGraph(span, found, 1);
    }
    found.traitReader = traitReader;
}
function readNode(node, found, depth) {
    found.traitReader?.see(node);
    for (const { number, span } of fields(node)) {
        if (span && number === field.node.attribute)
            readAttribute(span, found, depth);
    }
}
function readAttribute(attribute, found, depth) {
    const { tensor, graph, tensors, graphs, sparse, sparses } = field.attribute;
    for (const { number, span } of fields(attribute)) {
        if (!span)
            continue;
        if (number === graph || number === graphs)
            readGraph(span, found, depth + 1);
        else if (number === tensor || number === tensors)
            readTensor(span, found);
        else if (number === sparse || number === sparses)
            readSparse(span, found);
    }
}
