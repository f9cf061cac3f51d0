import { describeSpec } from '../../signature/spec.js';
import { formatTorchType, parseTorchType } from '../../signature/torch-type.js';
import { typescriptType } from './typescript-type.js';
/** `forward` follows the signature, which knows more than its schema; other methods have only their schema. */
export function methodTypes({ name, args, returns }, signature) {
    if (name === 'forward' && signature) {
        const { inputs, outputs } = signature;
        return { name, inputs: inputs.map(inputMember), result: resultOf(returns, outputs), named: namedOutputs(outputs) };
    }
    const inputs = args.map((argument) => ({
        name: argument.name,
        type: typescriptType(argument.type, 'in'),
        optional: argument.hasDefault,
    }));
    return { name, inputs, result: resultOf(returns, []) };
}
/** The structure is the schema's; dtypes and names are the outputs' of the signature, where those are as many. */
function resultOf(returns, outputs) {
    const [text = 'NoneType', ...more] = returns;
    if (more.length > 0) {
        // An engine that declares several results answers with an object of them.
        return outputs.length === returns.length
            ? { kind: 'object', members: outputs.map((spec) => outputMember(spec)) }
            : { kind: 'one', value: { name: '', type: 'Value' } };
    }
    const { name, args } = parseTorchType(text);
    const [only, ...others] = outputs;
    if (name === 'Tensor' && only && others.length === 0)
        return { kind: 'one', value: outputMember(only) };
    if (name === 'Tuple') {
        const specs = outputs.length === args.length ? outputs : [];
        return { kind: 'tuple', members: args.map((type, i) => elementMember(formatTorchType(type), specs[i])) };
    }
    const isTensors = text === 'Dict[str, Tensor]' && only && outputs.every(({ type }) => type === undefined);
    // A compiled package's, whose exporter wrote down what is none.
    const isMixed = /^Dict\[str, (?:Union\[|int|bool|NoneType)/.test(text) && outputs.some(({ type }) => type !== undefined);
    if (isTensors || isMixed)
        return { kind: 'object', members: outputs.map((spec) => outputMember(spec, spec.type)) };
    return { kind: 'one', value: { name: '', type: typescriptType(text, 'out') } };
}
const scalars = {
    int: "Tensor<'int64'>",
    float: "Tensor<'float64'>",
    bool: "Tensor<'bool'>",
};
/** A server answers tensors and strings alone: a number is a tensor of one element there. */
function namedOutputs(outputs) {
    const members = outputs.map((spec) => {
        const { name, type = 'Tensor' } = spec;
        const comment = commentOf(spec);
        if (type === 'Tensor')
            return { name, type: tensorType(spec, type, 'out'), comment };
        if (/^(?:List\[)*str\]*$/.test(type))
            return { name, type: typescriptType(type, 'out'), comment };
        const scalar = Object.hasOwn(scalars, type) ? scalars[type] : undefined;
        return scalar === undefined ? undefined : { name, type: scalar, comment };
    });
    const known = members.filter((member) => member !== undefined);
    return known.length > 0 && known.length === members.length ? known : undefined;
}
function inputMember(spec) {
    const { name, type = 'Tensor', optional = false } = spec;
    return { name, type: tensorType(spec, type, 'in'), comment: commentOf(spec), optional };
}
function outputMember(spec, type = spec.type ?? 'Tensor') {
    return { name: spec.name, type: tensorType(spec, type, 'out'), comment: commentOf(spec) };
}
/** A tensor of the dtype where that is known. */
function tensorType({ dtype }, type, direction) {
    return type === 'Tensor' && dtype !== null ? `Tensor<'${dtype}'>` : typescriptType(type, direction);
}
/** An element of a tuple has no name in TypeScript, so its comment says it. */
function elementMember(type, spec) {
    if (!spec)
        return { name: '', type: typescriptType(type, 'out') };
    const member = outputMember(spec, type);
    return { ...member, comment: `${spec.name}: ${commentOf(spec)}` };
}
/** Dtype, shape and range, and the first of the labels: a classifier may have thousands. */
function commentOf(spec) {
    const { labels } = spec;
    if (!labels)
        return describeSpec(spec);
    const shown = labels.slice(0, 20).join(', ');
    return `${describeSpec(spec)}; ${labels.length} labels: ${shown}${labels.length > 20 ? ', …' : ''}`;
}
