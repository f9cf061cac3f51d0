/** Other inputs like an example: of other sizes, of other values. */
import type { BoundArguments } from '../../signature/bind.js';
import { withinBounds } from '../../signature/example.js';
import type { TensorSpec } from '../../signature/spec.js';
import { dtypeTable } from '../../tensor/dtype.js';
import { elementCount } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Value } from '../../tensor/value.js';

type Specs = readonly (TensorSpec | undefined)[];

const mostElements = 16 * 2 ** 20;

/** The same arguments with every free size behind the rows made larger; undefined where there is none. */
export function stretched(
  args: BoundArguments,
  specs: Specs,
  larger: (size: number) => number,
): BoundArguments | undefined {
  let isChanged = false;
  const changed = args.map((value, position) => {
    const spec = specs[position];
    if (!(value instanceof Tensor) || !spec?.shape) return value;
    const shape = value.shape.map((size, axis) => {
      if (axis === 0 || spec.shape?.[axis] !== null || size === 0) return size;
      return withinBounds(spec, axis, larger(size));
    });
    if (shape.every((size, axis) => size === value.shape[axis]) || elementCount(shape) > mostElements) return value;
    isChanged = true;
    return repeated(value, shape);
  });
  return isChanged ? changed : undefined;
}

/** Goes round the old elements of each dimension, so that no value is new to the model. */
function repeated({ dtype, data, shape: old }: Tensor, shape: readonly number[]): Tensor {
  const result = new dtypeTable[dtype].array(elementCount(shape)) as typeof data;
  const place = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < result.length; ++i) {
    let from = 0;
    for (let axis = 0; axis < old.length; ++axis) {
      from = from * (old[axis] as number) + ((place[axis] as number) % (old[axis] as number));
    }
    result[i] = data[from] as never;
    for (let axis = shape.length - 1; axis >= 0; --axis) {
      place[axis] = (place[axis] as number) + 1;
      if ((place[axis] as number) < (shape[axis] as number)) break;
      place[axis] = 0;
    }
  }
  return new Tensor(dtype, result, shape);
}

/** The same arguments with the elements of each tensor in reverse. */
export function reversed(args: BoundArguments): BoundArguments {
  return args.map((value) =>
    value instanceof Tensor ? new Tensor(value.dtype, value.data.slice().reverse(), value.shape) : value,
  );
}

/** Zeros in every tensor of real numbers; in those of integers too where dividing by them does not end the process. */
export function zeroed(args: BoundArguments, survivesZero: boolean): BoundArguments {
  return args.map((value) => {
    if (!(value instanceof Tensor)) return value;
    const { array, kind } = dtypeTable[value.dtype];
    if (kind !== 'float' && !survivesZero) return value;
    return new Tensor(value.dtype, new array(value.data.length), value.shape);
  });
}

/** Whether two values are the same, bit for bit. */
export function isSame(a: Value | undefined, b: Value | undefined): boolean {
  if (a instanceof Tensor || b instanceof Tensor) {
    if (!(a instanceof Tensor && b instanceof Tensor) || a.dtype !== b.dtype) return false;
    return a.shape.join() === b.shape.join() && bytesOf(a).equals(bytesOf(b));
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  const [left, right] = [partsOf(a), partsOf(b)];
  return (
    left.length === right.length && left.every(([key, item], i) => key === right[i]?.[0] && isSame(item, right[i]?.[1]))
  );
}

function partsOf(value: object): readonly (readonly [unknown, Value])[] {
  return value instanceof Map ? [...(value as Map<unknown, Value>)] : Object.entries(value as Record<string, Value>);
}

const bytesOf = ({ data }: Tensor): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
