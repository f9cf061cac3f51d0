import { torchError } from '../../errors.js';
import { noEdit } from './rewrite.js';
import { inputSpec, specOf, unsupported, whatIs } from './values.js';
/** @throws ERR_UNSUPPORTED_TYPE for an input that cannot be given, and where no output can be had */
export function planModel(summary) {
    const { inputs, outputs } = summary;
    const open = summary.defaulted.filter((input) => input.value !== undefined && specOf(input));
    const freed = new Set(open.map(({ name }) => name));
    const fixed = summary.defaulted.filter(({ name }) => !freed.has(name)).map(({ name }) => name);
    const plans = planOutputs(summary);
    if (!plans.outputs.some(({ from }) => from !== undefined)) {
        const [first] = outputs;
        throw unsupported(`the model's output ${first.name} is ${whatIs(first)}${hint([first])}`);
    }
    return {
        inputs: [
            ...inputs.map((input) => ({ spec: inputSpec(input) })),
            ...open.map((input) => ({
                spec: { ...inputSpec(input), optional: true },
                value: input.value,
            })),
        ],
        outputs: plans.outputs,
        fed: summary.order.filter((name) => freed.has(name) || inputs.some((input) => input.name === name)),
        edit: { ...noEdit, ...plans.edit, initializers: freed },
        random: summary.traits.random,
        statefulReason: summary.traits.statefulReason,
        warnings: [
            ...(fixed.length > 0 ? [`the file's own values are used for ${listed(fixed)}`] : []),
            ...plans.warnings,
            ...summary.traits.warnings,
        ],
    };
}
function planOutputs({ outputs, zipMaps, order, defaulted }) {
    const [gone, nodes] = [new Set(), new Set()];
    const added = [];
    const refused = [];
    const plans = outputs.map((output, i) => {
        const { name } = output;
        const own = specOf(output);
        if (own && !isInherited(name))
            return { spec: own, from: name };
        gone.add(name);
        if (own) {
            // ONNX Runtime's Node binding puts outputs into objects by their names, where one of such a name is lost or stands in the way.
            const copy = `node_libtorch_${i}`;
            added.push({ name: copy, of: name, elementType: output.elementType });
            return { spec: own, from: copy };
        }
        const zipMap = zipMaps.find((candidate) => candidate.output === name);
        if (zipMap && output.kind === 'sequence') {
            if (!zipMap.isRead)
                nodes.add(name);
            return { spec: mapsSpec(name, zipMap), from: rowsOf(zipMap, i), keys: zipMap.keys };
        }
        refused.push(output);
        return { spec: { name, dtype: null, shape: null, type: 'Unsupported' }, from: undefined };
    });
    return { outputs: plans, edit: { outputs: gone, nodes, added }, warnings: refused.map(warning) };
    /** The session's output with the tensor behind a map: it may be one already, and an input cannot be one as it is. */
    function rowsOf({ input }, i) {
        const isOutput = outputs.some(({ name, kind }) => name === input && kind === 'tensor' && !isInherited(name));
        if (isOutput || added.some(({ name }) => name === input))
            return input;
        const isInput = order.includes(input) || defaulted.some(({ name }) => name === input);
        const name = isInput || isInherited(input) ? `node_libtorch_${i}` : input;
        added.push({ name, of: input, elementType: float });
        return name;
    }
}
/** Every object has a member of that name: `__proto__`, `constructor`, … */
function isInherited(name) {
    return name in {};
}
/** TensorProto.DataType of the only tensor that ZipMap reads. */
const float = 1;
function mapsSpec(name, { keys }) {
    const key = typeof keys[0] === 'string' ? 'str' : 'int';
    return { name, dtype: null, shape: null, type: `List[Dict[${key}, float]]` };
}
function warning(output) {
    return `output ${output.name} is ${whatIs(output)}, which cannot be returned here: choose others with the option outputs${hint([output])}`;
}
/** @throws ERR_UNSUPPORTED_TYPE when one of the outputs cannot be had */
export function requireOutputs(chosen, all) {
    const missing = chosen.filter(({ from }) => from === undefined).map(({ spec }) => spec.name);
    if (missing.length === 0)
        return;
    const others = all.filter(({ from }) => from !== undefined).map(({ spec }) => spec.name);
    throw torchError('ERR_UNSUPPORTED_TYPE', `Expected outputs that are tensors or strings but ${listed(missing)} cannot be returned here; choose from ${listed(others)} with the option outputs, e.g. { outputs: [${JSON.stringify(others[0])}] }. An export by sklearn-onnx has tensors with options={'zipmap': False}`);
}
/** What helps with a map: sklearn-onnx writes them by default. */
function hint(outputs) {
    return outputs.some(({ kind }) => kind === 'map' || kind === 'sequence')
        ? "; if sklearn-onnx made it, export with options={'zipmap': False}"
        : '';
}
const shown = 20;
function listed(names) {
    const more = names.length - shown;
    return `${names.slice(0, shown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
