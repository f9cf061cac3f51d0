/** A row that is almost, or in proportion, another. */
import type { BoundArguments } from '../signature/bind.js';
import { dtypeTable, type TensorData } from '../tensor/dtype.js';
import { realsOf, realTo } from '../tensor/reals.js';
import { spreadOut } from '../tensor/spread.js';
import { Tensor } from '../tensor/tensor.js';
import type { Value } from '../tensor/value.js';
import type { Range } from './row-kinds.js';

/** The same row with its floats moved by a share of themselves, up and down in turn; undefined where there are none. */
export function nudged(args: BoundArguments, by: number): BoundArguments | undefined {
  return withFloats(args, (x, i) => x * (1 + (spreadOut(i + 3 * 97) < 0.5 ? by : -by)));
}

/** The same row with its floats multiplied, within the ranges; undefined where there are none but zeros. */
export function multiplied(
  args: BoundArguments,
  by: number,
  rangeOf: (position: number) => Range | undefined,
): BoundArguments | undefined {
  let moved = false;
  const found = withFloats(args, (x, _, position) => {
    const [min, max] = rangeOf(position) ?? [-Infinity, Infinity];
    const y = Math.min(max, Math.max(min, x * by));
    if (x !== y) moved = true;
    return y;
  });
  return moved ? found : undefined;
}

function withFloats(
  args: BoundArguments,
  change: (x: number, i: number, position: number) => number,
): BoundArguments | undefined {
  let changed = false;
  const found = args.map((value, position): Value | undefined => {
    if (!(value instanceof Tensor) || dtypeTable[value.dtype].kind !== 'float') return value;
    changed = true;
    const reals = realsOf(value);
    const data = new dtypeTable[value.dtype].array(reals.length) as TensorData;
    const encode = realTo(value.dtype);
    for (let i = 0; i < reals.length; ++i) data[i] = encode(change(reals[i] as number, i, position));
    return new Tensor(value.dtype, data, value.shape);
  });
  return changed ? found : undefined;
}
