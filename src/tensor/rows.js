import { torchError } from '../errors.js';
import { Tensor } from './tensor.js';
import { dtypeTable } from './dtype.js';
/** Arguments with every tensor's rows (dimension 0) replaced by those that `pick` names. Other values stay. */
export function pickRows(args, pick) {
    return mapTensors(args, (tensor) => pickTensorRows(tensor, pick));
}
/** Arguments of `count` rows, made by going round the rows that are there. */
export function repeatRows(args, count) {
    const rows = rowCount(args);
    if (rows === undefined || rows === count)
        return args;
    return pickRows(args, Array.from({ length: count }, (_, row) => row % rows));
}
/** The rows that all tensor arguments have; undefined when there is no tensor, or they disagree or have none. */
export function rowCount(args) {
    const tensors = args.filter((value) => value instanceof Tensor);
    const rows = tensors[0]?.shape[0];
    return rows !== undefined && rows > 0 && tensors.every(({ shape }) => shape[0] === rows) ? rows : undefined;
}
export function pickTensorRows(tensor, pick) {
    const [rows, ...tail] = tensor.shape;
    if (rows === undefined)
        throw torchError('ERR_NOT_BATCHABLE', 'Expected a tensor with rows but received one of rank 0');
    const width = tail.reduce((product, size) => product * size, 1);
    const data = new (constructorOf(tensor))(pick.length * width);
    for (const [to, from] of pick.entries()) {
        data.set(tensor.data.subarray(from * width, (from + 1) * width), to * width);
    }
    return new Tensor(tensor.dtype, data, [pick.length, ...tail]);
}
function mapTensors(args, change) {
    return args.map((value, position) => (value instanceof Tensor ? change(value, position) : value));
}
function constructorOf({ dtype }) {
    return dtypeTable[dtype].array;
}
