import { describe, torchError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import { isMap } from '../tensor/value.js';
/** The first output: the value itself, the first of several, or the one of the signature's first name. */
export function firstTensor(output, name) {
    const first = output instanceof Tensor ? output : ofSeveral(output, name);
    if (first instanceof Tensor)
        return first;
    throw torchError('ERR_BAD_OUTPUT', `Expected a tensor for output ${name} from the model but received ${describe(first)}`);
}
function ofSeveral(output, name) {
    if (typeof output !== 'object' || output === null)
        return output;
    if (Array.isArray(output))
        return output[0];
    return isMap(output) ? output.get(name) : output[name];
}
/** @throws ERR_BAD_OUTPUT unless it is one float32 matrix of so many rows */
export function requireRows(output, rows) {
    if (output instanceof Tensor && output.dtype === 'float32' && output.shape.length === 2 && output.shape[0] === rows)
        return;
    const got = output instanceof Tensor ? `${output.dtype} [${output.shape.join(', ')}]` : describe(output);
    throw torchError('ERR_BAD_OUTPUT', `Expected a float32 output of ${rows} rows of scores from the model but received ${got}`);
}
