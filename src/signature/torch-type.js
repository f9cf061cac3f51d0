/** Reads what a method's schema calls a type. What is not understood becomes a name, never an error. */
export function parseTorchType(text) {
    const open = text.indexOf('[');
    if (open === -1 || !text.endsWith(']'))
        return { name: text.trim(), args: [] };
    const args = [];
    let depth = 0;
    let from = open + 1;
    for (let i = from; i < text.length; ++i) {
        const character = text[i];
        const ends = i === text.length - 1;
        if (character === '[')
            ++depth;
        else if (character === ']' && !ends)
            --depth;
        if (!ends && !(character === ',' && depth === 0))
            continue;
        const part = text.slice(from, i).trim();
        if (part !== '' && part !== '()')
            args.push(parseTorchType(part)); // Tuple[()] has no elements
        from = i + 1;
    }
    return { name: text.slice(0, open).trim(), args };
}
/** Whether a tensor may stand where the type is asked for. */
export function acceptsTensor(text) {
    const { name, args } = parseTorchType(text);
    if (name === 'Optional' || name === 'Union')
        return args.some((arg) => arg.name === 'Tensor');
    return name === 'Tensor' || name === 'Any';
}
export function formatTorchType({ name, args }) {
    return args.length === 0 ? name : `${name}[${args.map(formatTorchType).join(', ')}]`;
}
/**
 * What a TorchScript archive says of `forward`: the names and types of its arguments and the types of its results. Dtypes
 * and shapes are in no archive, and neither are names of results: those are made up. Undefined without a forward.
 */
export function schemaSignature(methods) {
    const forward = methods.find(({ name }) => name === 'forward');
    if (!forward)
        return undefined;
    const inputs = forward.args.map(({ name, type, hasDefault }) => ({
        ...specOf(name, type),
        ...(hasDefault && { optional: true }),
    }));
    const results = forward.returns.map(parseTorchType).flatMap((type) => (type.name === 'Tuple' ? type.args : [type]));
    const outputs = results.map((type, i) => specOf(results.length === 1 ? 'output' : `output_${i}`, formatTorchType(type)));
    return { inputs, outputs };
}
function specOf(name, type) {
    return { name, dtype: null, shape: null, ...(type !== 'Tensor' && { type }) };
}
