import { torchError } from '../../errors.js';
import { datatypeOf } from '../../protocol/datatype.js';
import { isStringsSpec } from '../../signature/strings.js';
import { labelsOf } from '../../tasks/kinds/index.js';
import { inputNames } from './inputs.js';
import { outputNames } from './outputs.js';
const known = new WeakMap();
/** Made once for each served model. @throws ERR_METHOD_NOT_FOUND for a model without `forward` */
export function interfaceOf(served) {
    let found = known.get(served);
    if (!found)
        known.set(served, (found = make(served)));
    return found;
}
function make({ name, version, model, task }) {
    const forward = model.info.methods.find((method) => method.name === 'forward');
    const { signature } = model;
    if (!forward || !signature) {
        throw torchError('ERR_METHOD_NOT_FOUND', `Expected a method forward but ${name} ${version} has none`);
    }
    const inputs = inputNames(signature.inputs, forward.args.map((argument) => argument.name));
    const outputs = outputNames(signature.outputs, task && labelsOf(task));
    return {
        inputs: signature.inputs.map(metadataOf),
        outputs: signature.outputs.map(metadataOf),
        argumentsOf: (given) => inputs.argumentsOf(given),
        checkOutputs: (requested) => outputs.check(requested),
        outputsOf: (value, requested) => outputs.outputsOf(value, requested),
    };
}
const scalarTypes = { int: 'INT64', float: 'FP64', bool: 'BOOL', str: 'BYTES' };
function metadataOf(spec) {
    const { name, dtype, shape, type } = spec;
    if (dtype !== null)
        return { name, datatype: datatypeOf(dtype), shape: sizes(shape) };
    if (isStringsSpec(spec))
        return { name, datatype: 'BYTES', shape: sizes(shape) };
    const [, lists = '', scalar] = /^(?:Optional\[)?((?:List\[)*)(int|float|bool|str)\]*$/.exec(type ?? '') ?? [];
    if (scalar === undefined)
        return { name, datatype: '', shape: sizes(shape) };
    return {
        name,
        datatype: scalarTypes[scalar],
        shape: lists === '' ? [1] : Array(lists.length / 'List['.length).fill(-1),
    };
}
/** -1 is any size; one of them where even the rank is open. */
const sizes = (shape) => shape?.map((size) => size ?? -1) ?? [-1];
