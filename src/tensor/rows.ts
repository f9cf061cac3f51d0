import { torchError } from '../errors.js';
import { Tensor } from './tensor.js';
import { dtypeTable, type TensorData } from './dtype.js';
import type { Value } from './value.js';

/** Arguments by position; undefined where a default is taken. */
type Positional = readonly (Value | undefined)[];

/** Arguments with every tensor's rows (dimension 0) replaced by those that `pick` names. Other values stay. */
export function pickRows(args: Positional, pick: readonly number[]): Positional {
  return mapTensors(args, (tensor) => pickTensorRows(tensor, pick));
}

/** Arguments of `count` rows, made by going round the rows that are there. */
export function repeatRows(args: Positional, count: number): Positional {
  const rows = rowCount(args);
  if (rows === undefined || rows === count) return args;
  return pickRows(
    args,
    Array.from({ length: count }, (_, row) => row % rows),
  );
}

/**
 * Arguments of two rows that differ in some tensor, made from the first rows that are there: two equal rows would hide
 * that a model mixes them. Undefined where no second row can be made up.
 * @param rangeOf the bounds that values of a tensor argument must keep, by its position
 */
export function twoDifferentRows(
  args: Positional,
  rangeOf: (position: number) => readonly [number, number] | undefined,
): Positional | undefined {
  let differ = false;
  const pair = mapTensors(args, (tensor, position) => {
    const first = pickTensorRows(tensor, [0]);
    const second = otherRow(tensor, first, rangeOf(position));
    if (!second) return pickTensorRows(tensor, [0, 0]);
    differ = true;
    const data = new (constructorOf(tensor))(first.data.length * 2);
    data.set(first.data as never, 0);
    data.set(second as never, first.data.length);
    return new Tensor(tensor.dtype, data, [2, ...tensor.shape.slice(1)]);
  });
  return differ ? pair : undefined;
}

/** The tensor's own second row, else the first in reverse, else (plain floats) the first with its values moved. */
function otherRow(
  tensor: Tensor,
  { data: first }: Tensor,
  range: readonly [number, number] | undefined,
): TensorData | undefined {
  const isOther = (row: TensorData): boolean => row.some((element: number | bigint, i: number) => element !== first[i]);
  if ((tensor.shape[0] ?? 0) > 1) {
    const { data } = pickTensorRows(tensor, [1]);
    if (isOther(data)) return data;
  }
  const reversed = new (constructorOf(tensor))(first.length) as Float32Array;
  for (let i = 0; i < first.length; ++i) reversed[i] = first[first.length - 1 - i] as number;
  if (isOther(reversed)) return reversed;
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float64') return undefined;
  const [min, max] = range ?? [-Infinity, Infinity];
  // Away from a bound where there is one, and by a share that grows along the row.
  const moved = (first as Float32Array).map((value, i) => {
    const step = Number.isFinite(max - min) ? (max - min) / 2 : 1;
    const share = (step * (i + 1)) / first.length;
    return value + share <= max ? value + share : value - share;
  });
  return isOther(moved) ? moved : undefined;
}

/** The rows that all tensor arguments have; undefined when there is no tensor, or they disagree or have none. */
export function rowCount(args: Positional): number | undefined {
  const tensors = args.filter((value) => value instanceof Tensor);
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

function mapTensors(args: Positional, change: (tensor: Tensor, position: number) => Tensor): Positional {
  return args.map((value, position) => (value instanceof Tensor ? change(value, position) : value));
}

function constructorOf({ dtype }: Tensor): new (length: number) => TensorData {
  return dtypeTable[dtype].array;
}
