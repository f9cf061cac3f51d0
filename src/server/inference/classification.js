/**
 * The classification extension: the best classes of an output as texts, `value:index` or `value:index:label`.
 * Source: Triton's `docs/protocol/extension_classification.md`; a number with a fraction has six decimals there.
 */
import { describe, torchError } from '../../errors.js';
import { dtypeTable } from '../../tensor/dtype.js';
import { decoderOf } from '../../tensor/element.js';
import { Tensor } from '../../tensor/tensor.js';
/** How many classes a request asks for; undefined where it asks for the tensor. @throws ERR_OUT_OF_RANGE */
export function classesAsked({ name, parameters }) {
    const asked = parameters?.classification;
    if (asked === undefined)
        return undefined;
    const classes = typeof asked === 'bigint' ? Number(asked) : asked;
    if (typeof classes === 'number' && Number.isSafeInteger(classes) && classes >= 1)
        return classes;
    throw torchError('ERR_OUT_OF_RANGE', `Expected an integer of at least 1 as classification of ${name} but received ${describe(asked)}`);
}
/**
 * The best classes of each row, the best first; equal ones by their index. What is behind dimension 0 is one row.
 * @throws ERR_BAD_OUTPUT for what has no numbers
 */
export function classified({ name, content }, most, labels) {
    if (!(content instanceof Tensor) || content.dtype === 'bool') {
        throw torchError('ERR_INVALID_INPUT', `Expected an output of numbers for classification but ${name} has none`);
    }
    const [first = 1, ...tail] = content.shape;
    const hasRows = content.shape.length > 1;
    const rows = hasRows ? first : 1;
    const width = hasRows ? tail.reduce((product, size) => product * size, 1) : first;
    const classes = Math.min(most, width);
    const decode = decoderOf(content.dtype);
    const isFloat = dtypeTable[content.dtype].kind === 'float';
    const data = [];
    for (let row = 0; row < rows; row++) {
        const values = Array.from({ length: width }, (_, i) => decode(content.data[row * width + i]));
        const order = values.map((_, i) => i).sort((a, b) => compare(values[b], values[a]) || a - b);
        for (const index of order.slice(0, classes)) {
            const label = labels?.[index];
            const value = isFloat ? fixed(Number(values[index])) : String(values[index]);
            data.push(label === undefined ? `${value}:${index}` : `${value}:${index}:${label}`);
        }
    }
    return { shape: hasRows ? [rows, classes] : [classes], data };
}
/** NaN is less than every number. */
function compare(a, b) {
    if (Number.isNaN(a))
        return Number.isNaN(b) ? 0 : -1;
    if (Number.isNaN(b))
        return 1;
    return a < b ? -1 : a > b ? 1 : 0;
}
/** As C writes `%f`. */
function fixed(value) {
    if (Number.isNaN(value))
        return 'nan';
    if (!Number.isFinite(value))
        return value > 0 ? 'inf' : '-inf';
    return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}
