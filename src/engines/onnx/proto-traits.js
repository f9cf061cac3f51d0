/** Nodes that answer at random, or as in training: in the main graph, in the graphs within it, and in functions. */
import { readDefault } from './proto-default.js';
import { field } from './proto-fields.js';
import { fields, textOf } from './protobuf.js';
/** Operators of ONNX itself, whose domain has two names. */
const domains = new Set(['', 'ai.onnx']);
const drawing = new Set([
    ...['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Bernoulli', 'Multinomial'],
]);
const [dropping, normalizing] = ['Dropout', 'BatchNormalization'];
/** Of most nodes the name is not even read. */
const lengths = new Set([...drawing, dropping, normalizing].map(({ length }) => length));
/** Gathers them while a file is read, and says at the end what they do. */
export class TraitReader {
    #drawing = new Set();
    #normalizes = false;
    /** What switches each Dropout: names of its inputs, of which `ratio` may be empty. */
    #dropouts = new Map();
    see(node) {
        const operator = operatorOf(node);
        if (operator === undefined)
            return;
        if (drawing.has(operator))
            this.#drawing.add(operator);
        else if (operator === normalizing)
            this.#normalizes ||= hasAttribute(node, 'training_mode', 1);
        else if (operator === dropping) {
            const [, ratio = '', flag = ''] = inputsOf(node);
            if (flag !== '')
                this.#dropouts.set(JSON.stringify([flag, ratio]), { flag, ratio });
        }
    }
    /** @param model the whole file, which is read for the constants that switch a Dropout, where there is one to switch */
    told(model) {
        const drops = this.#drops(model);
        const names = [...this.#drawing].sort().join(', ');
        return {
            random: drops || names !== '',
            // ONNX Runtime writes the new statistics over the initializers that it read the old ones from.
            statefulReason: this.#normalizes
                ? 'BatchNormalization in training mode updates its statistics when it runs'
                : undefined,
            warnings: [
                ...(drops
                    ? [
                        'The graph drops values at random, as in training (Dropout): equal inputs give different answers. Call model.eval() before you export it',
                    ]
                    : []),
                ...(this.#normalizes
                    ? [
                        'The graph normalizes by the statistics of each batch, as in training, and every run, one that warms up too, updates its own (BatchNormalization): call model.eval() before you export it',
                    ]
                    : []),
                ...(names === ''
                    ? []
                    : [
                        `The model draws random numbers (${names}): equal inputs give different answers, and runtime.manualSeed() does not fix them, since ONNX Runtime has generators of its own`,
                    ]),
            ],
        };
    }
    #drops(model) {
        if (this.#dropouts.size === 0)
            return false;
        const dropouts = [...this.#dropouts.values()];
        const constants = constantsNamed(model, new Set(dropouts.flatMap(({ flag, ratio }) => [flag, ratio])));
        // What is no constant of the file, a caller's input say, may be true.
        return dropouts.some(({ flag, ratio }) => (constants.get(flag) ?? true) && (constants.get(ratio) ?? true));
    }
}
/** The name of an operator that is looked for; undefined for all others. */
function operatorOf(node) {
    let operator;
    let domain = '';
    for (const { number, span } of fields(node)) {
        if (!span)
            continue;
        if (number === field.node.operator)
            operator = span;
        else if (number === field.node.domain)
            domain = textOf(span);
    }
    if (!operator || !lengths.has(operator.end - operator.start) || !domains.has(domain))
        return undefined;
    const name = textOf(operator);
    return drawing.has(name) || name === dropping || name === normalizing ? name : undefined;
}
function inputsOf(node) {
    return [...fields(node)].flatMap(({ number, span }) => (span && number === field.node.input ? [textOf(span)] : []));
}
function hasAttribute(node, wanted, value) {
    for (const { number, span } of fields(node)) {
        if (!span || number !== field.node.attribute)
            continue;
        const parts = [...fields(span)];
        const name = parts.findLast((part) => part.span && part.number === field.attribute.name)?.span;
        const integer = parts.findLast((part) => !part.span && part.number === field.attribute.integer)?.value;
        if (name && textOf(name) === wanted && integer === value)
            return true;
    }
    return false;
}
/** Of the constants with these names, whether one is anything but zero; absent for a name that no constant has. */
function constantsNamed(model, wanted) {
    const found = new Map();
    for (const { number, span } of fields(model)) {
        if (!span)
            continue;
        if (number === field.model.graph)
            readBody(span, field.graph.node, wanted, found);
        else if (number === field.model.functions)
            readBody(span, field.function.node, wanted, found);
    }
    return found;
}
function readBody(body, nodeField, wanted, found) {
    const isGraph = nodeField === field.graph.node;
    for (const { number, span } of fields(body)) {
        if (!span)
            continue;
        if (number === nodeField)
            readConstant(span, wanted, found);
        else if (isGraph && number === field.graph.initializer)
            note(lastText(span, field.tensor.name), span, wanted, found);
    }
}
/** A node `Constant` has its value in an attribute; other nodes have graphs there. */
function readConstant(node, wanted, found) {
    for (const { number, span } of fields(node)) {
        if (!span || number !== field.node.attribute)
            continue;
        for (const inner of fields(span)) {
            if (!inner.span)
                continue;
            if (inner.number === field.attribute.tensor)
                note(lastText(node, field.node.output), inner.span, wanted, found);
            else if (inner.number === field.attribute.graph || inner.number === field.attribute.graphs)
                readBody(inner.span, field.graph.node, wanted, found);
        }
    }
}
function note(name, tensor, wanted, found) {
    if (name === '' || !wanted.has(name))
        return;
    const data = readDefault(tensor)?.data;
    const isSet = !data || Array.from(data).some((element) => Number(element) !== 0);
    found.set(name, isSet || (found.get(name) ?? false));
}
function lastText(message, wanted) {
    let text = '';
    for (const { number, span } of fields(message))
        if (span && number === wanted)
            text = textOf(span);
    return text;
}
