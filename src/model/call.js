import { TorchError, torchError } from '../errors.js';
import { copyData } from '../tensor/copies.js';
import { Tensor } from '../tensor/tensor.js';
import { copyValue, entriesOf, isContainer } from '../tensor/value.js';
/**
 * Copies a call's tensors and works out what it may be batched with.
 * @param owned the caller gives up the tensors, so they are not copied
 * @throws ERR_INVALID_INPUT for what no model can take, ERR_NOT_BATCHABLE without a tensor argument, or when the tensors' rows disagree or are 0
 */
export function prepareCall(method, given, { names, owned = false } = {}) {
    const values = [];
    let key = method;
    let rows = -1;
    let bytes = 0;
    for (let i = 0; i < given.length; ++i) {
        const value = given[i];
        key += '|';
        if (!(value instanceof Tensor)) {
            const copy = value === undefined ? undefined : copyValue(value, names?.[i] ?? `argument ${i}`);
            const own = copy === undefined ? '' : keyOf(copy);
            key += own;
            bytes += own.length;
            values.push(copy);
            continue;
        }
        const [own, ...tail] = value.shape;
        if (own === undefined || own === 0)
            throw notBatchable('a tensor argument with at least one row', `shape [${value.shape.join(', ')}]`);
        if (rows >= 0 && own !== rows)
            throw notBatchable(`${rows} rows in every tensor argument`, `${own}`);
        rows = own;
        bytes += value.data.byteLength;
        key += `${value.dtype}[${tail.join(',')}]`;
        values.push(owned ? value : new Tensor(value.dtype, copyData(value), value.shape));
    }
    if (rows < 0)
        throw notBatchable('a tensor argument', 'none');
    return { method, values, key, rows, bytes };
}
/** The rows `from` up to `to` of a call. */
export function sliceCall(call, from, to) {
    const values = call.values.map((value) => (value instanceof Tensor ? rowsOf(value, from, to, call.rows) : value));
    return { ...call, values, rows: to - from, bytes: (call.bytes / call.rows) * (to - from) };
}
/**
 * What a call gives beside the numbers of its tensors: which arguments are tensors, which are left out, and the values of the
 * others. Undefined where it gives tensors inside of others.
 */
export function formOf(values) {
    try {
        return values.map((value) => (value instanceof Tensor ? 'tensor' : value === undefined ? '' : `=${keyOf(value)}`));
    }
    catch (error) {
        if (error instanceof TorchError)
            return undefined;
        throw error;
    }
}
function rowsOf(tensor, from, to, rows) {
    const width = tensor.data.length / rows;
    const data = tensor.data.subarray(from * width, to * width);
    return new Tensor(tensor.dtype, data, [to - from, ...tensor.shape.slice(1)]);
}
/** Equal for equal values only. Tensors inside would have to be compared element by element, so they are refused. */
function keyOf(value) {
    if (value instanceof Tensor)
        throw notBatchable('tensors as arguments of their own', 'one inside a list or a dict');
    if (typeof value === 'bigint')
        return `${value}n`;
    if (typeof value === 'number')
        return Object.is(value, -0) ? '-0' : String(value);
    if (!isContainer(value))
        return JSON.stringify(value);
    if (Array.isArray(value))
        return `[${value.map(keyOf).join(',')}]`;
    const entries = entriesOf(value);
    return `{${entries.map(([key, item]) => `${keyOf(key)}:${keyOf(item)}`).join(',')}}`;
}
function notBatchable(wanted, got) {
    return torchError('ERR_NOT_BATCHABLE', `Expected ${wanted} for a batch but received ${got}`);
}
