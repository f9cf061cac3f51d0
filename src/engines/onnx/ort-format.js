import { stringsType } from '../../signature/strings.js';
import { dtypeTable } from '../../tensor/dtype.js';
import { noEdit } from './rewrite.js';
import { unsupported } from './values.js';
/**
 * How a model in that format is called: as ONNX Runtime says, for nothing else reads it. Its inputs with defaults stay as they
 * are, and an output that is no tensor cannot be had.
 * @throws ERR_UNSUPPORTED_TYPE
 */
export function planOfSession({ inputs, outputs }) {
    const results = outputs.map((value) => {
        const spec = specOf(value);
        return spec
            ? { spec, from: value.name }
            : { spec: { name: value.name, dtype: null, shape: null, type: 'Unsupported' }, from: undefined };
    });
    const refused = results.filter(({ from }) => from === undefined).map(({ spec }) => spec.name);
    if (refused.length === outputs.length)
        throw unsupported(`the model's output ${refused[0] ?? ''} is something else`);
    return {
        inputs: inputs.map((value) => {
            const spec = specOf(value);
            if (spec)
                return { spec };
            throw unsupported(`the model's input ${value.name} is something else`);
        }),
        outputs: results,
        fed: inputs.map(({ name }) => name),
        edit: noEdit,
        // Nobody says otherwise.
        random: false,
        statefulReason: undefined,
        warnings: refused.map((name) => `output ${name} cannot be returned here: choose others with the option outputs`),
    };
}
/** An empty shape may be rank 0, and may be that nothing is known. */
function specOf({ name, type, shape, symbols }) {
    const known = shape.length === 0 ? null : shape;
    const named = known && symbols.some((symbol) => symbol !== null) ? { symbols } : {};
    if (type === 'string')
        return { name, dtype: null, shape: known, type: stringsType(known?.length ?? null), ...named };
    if (type === undefined || !Object.hasOwn(dtypeTable, type))
        return undefined;
    return { name, dtype: type, shape: known, ...named };
}
