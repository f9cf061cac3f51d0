import { describe, torchError } from '../errors.js';
import type { DType } from './dtype.js';
import { checkDType, dtypeTable, type TensorData } from './dtype.js';
import { decodeFloat16, encodeFloat16, decodeBFloat16, encodeBFloat16 } from './float16.js';
import { elementCount, formatShape, maxRank } from './shape.js';

export type Nested = number | bigint | boolean | readonly Nested[];
type Leaf = number | bigint | boolean;

/** Row-major elements of a nested array. Throws ERR_INVALID_SHAPE when it is ragged, ERR_INVALID_DTYPE for no dtype. */
export function flatten(nested: Nested, dtype?: DType): { dtype: DType; data: TensorData; shape: number[] } {
  const shape = shapeOf(nested);
  const leaves: Leaf[] = [];
  collect(nested, shape, 0, leaves);
  const resolved = dtype ?? defaultDType(leaves[0]);
  checkDType(resolved);
  const data = new dtypeTable[resolved].array(elementCount(shape)) as TensorData;
  const encode = encoderOf(resolved);
  for (const [index, leaf] of leaves.entries()) data[index] = encode(leaf, index);
  return { dtype: resolved, data, shape };
}

const maxEmptyArrays = 2 ** 24;

/** The elements as nested arrays. */
export function nest(dtype: DType, data: TensorData, shape: readonly number[]): Nested {
  const elements = elementCount(shape);
  if (data.length !== elements)
    throw torchError('ERR_INVALID_SHAPE', `Expected ${elements} elements but the tensor’s buffer was detached`);
  // [1e9, 0] has no element, and yet a thousand million arrays.
  const arrays = shape
    .slice(0, shape.indexOf(0) + 1 || undefined)
    .reduce((product, size) => product * Math.max(1, size), 1);
  if (elements === 0 && arrays > maxEmptyArrays)
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected at most ${maxEmptyArrays} empty arrays but shape ${formatShape(shape)} has more`,
    );
  const decode = decoderOf(dtype);
  let next = 0;
  const build = (axis: number): Nested =>
    axis === shape.length
      ? decode(data[next++] as number | bigint)
      : Array.from({ length: shape[axis] as number }, () => build(axis + 1));
  return build(0);
}

function shapeOf(nested: Nested): number[] {
  const shape: number[] = [];
  for (let level: unknown = nested; Array.isArray(level); level = level[0]) {
    if (shape.length === maxRank) {
      throw torchError('ERR_INVALID_SHAPE', `Expected at most ${maxRank} levels of nesting`);
    }
    shape.push(level.length);
  }
  return shape;
}

function collect(nested: unknown, shape: readonly number[], axis: number, leaves: Leaf[]): void {
  if (axis === shape.length) {
    if (typeof nested !== 'number' && typeof nested !== 'bigint' && typeof nested !== 'boolean') {
      throw Array.isArray(nested)
        ? ragged(shape, axis, nested)
        : torchError('ERR_INVALID_INPUT', `Expected a number, bigint or boolean but received ${describe(nested)}`);
    }
    leaves.push(nested);
    return;
  }
  if (!Array.isArray(nested) || nested.length !== shape[axis]) throw ragged(shape, axis, nested);
  for (const item of nested) collect(item, shape, axis + 1, leaves);
}

function ragged(shape: readonly number[], axis: number, got: unknown) {
  return torchError(
    'ERR_INVALID_SHAPE',
    `Expected every item at level ${axis} to match shape ${formatShape(shape)} but received ${describe(got)}`,
  );
}

function defaultDType(leaf: Leaf | undefined): DType {
  if (typeof leaf === 'bigint') return 'int64';
  return typeof leaf === 'boolean' ? 'bool' : 'float32';
}

function encoderOf(dtype: DType): (leaf: Leaf, index: number) => number | bigint {
  const { kind, bytes, min, max } = dtypeTable[dtype];
  const reject = (leaf: Leaf, index: number) =>
    torchError('ERR_OUT_OF_RANGE', `Expected a ${dtype} for element ${index} but received ${describe(leaf)}`);
  if (kind === 'bool') {
    return (leaf, index) => {
      if (leaf === true || leaf === 1) return 1;
      if (leaf === false || leaf === 0) return 0;
      throw reject(leaf, index);
    };
  }
  if (kind === 'float') {
    const bits = dtype === 'float16' ? encodeFloat16 : dtype === 'bfloat16' ? encodeBFloat16 : Number;
    return (leaf, index) => {
      if (typeof leaf === 'boolean') throw reject(leaf, index);
      return bits(Number(leaf));
    };
  }
  return (leaf, index) => {
    if (typeof leaf === 'boolean' || (typeof leaf === 'number' && !Number.isSafeInteger(leaf)))
      throw reject(leaf, index);
    const exact = BigInt(leaf);
    if (exact < (min as bigint) || exact > (max as bigint)) throw reject(leaf, index);
    return bytes === 8 ? exact : Number(exact);
  };
}

function decoderOf(dtype: DType): (element: number | bigint) => Leaf {
  if (dtype === 'bool') return (element) => element !== 0;
  if (dtype === 'float16') return (element) => decodeFloat16(element as number);
  if (dtype === 'bfloat16') return (element) => decodeBFloat16(element as number);
  return (element) => element;
}
