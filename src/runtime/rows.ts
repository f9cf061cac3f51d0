import { torchError } from '../errors.js';
import { Tensor } from './tensor.js';
import { dtypeTable, type TensorData } from './dtype.js';
import type { Arguments, Value } from './value.js';

/** Arguments with every tensor's rows (dimension 0) replaced by those that `pick` names. Other values stay. */
export function pickRows(args: Arguments, pick: readonly number[]): Arguments {
  return mapTensors(args, (tensor) => pickTensorRows(tensor, pick));
}

/** Arguments of `count` rows, made by going round the rows that are there. */
export function repeatRows(args: Arguments, count: number): Arguments {
  const rows = rowCount(args);
  if (rows === undefined || rows === count) return args;
  return pickRows(
    args,
    Array.from({ length: count }, (_, row) => row % rows),
  );
}

/** Arguments with at least two rows that differ: a lone row gets a second one, the first in reverse. */
export function withSecondRow(args: Arguments): Arguments {
  if (rowCount(args) !== 1) return args;
  return mapTensors(args, (tensor) => {
    const data = new (constructorOf(tensor))(tensor.data.length * 2);
    data.set(tensor.data as never, 0);
    data.set(tensor.data.slice().reverse() as never, tensor.data.length);
    return new Tensor(tensor.dtype, data, [2, ...tensor.shape.slice(1)]);
  });
}

/** The rows that all tensor arguments have; undefined when there is no tensor, or they disagree or have none. */
export function rowCount(args: Arguments): number | undefined {
  const values = Array.isArray(args) ? (args as readonly Value[]) : Object.values(args as Record<string, Value>);
  const tensors = values.filter((value) => value instanceof Tensor);
  const rows = tensors[0]?.shape[0];
  return rows !== undefined && rows > 0 && tensors.every(({ shape }) => shape[0] === rows) ? rows : undefined;
}

export function pickTensorRows(tensor: Tensor, pick: readonly number[]): Tensor {
  const [rows, ...tail] = tensor.shape;
  if (rows === undefined)
    throw torchError('ERR_NOT_BATCHABLE', 'Expected a tensor with rows but received one of rank 0');
  const width = tail.reduce((product, size) => product * size, 1);
  const data = new (constructorOf(tensor))(pick.length * width);
  for (const [to, from] of pick.entries()) {
    data.set(tensor.data.subarray(from * width, (from + 1) * width) as never, to * width);
  }
  return new Tensor(tensor.dtype, data, [pick.length, ...tail]);
}

function mapTensors(args: Arguments, change: (tensor: Tensor) => Tensor): Arguments {
  const changed = (value: Value): Value => (value instanceof Tensor ? change(value) : value);
  if (Array.isArray(args)) return (args as readonly Value[]).map(changed);
  return Object.fromEntries(
    Object.entries(args as Record<string, Value>).map(([name, value]) => [name, changed(value)]),
  );
}

function constructorOf({ dtype }: Tensor): new (length: number) => TensorData {
  return dtypeTable[dtype].array;
}
