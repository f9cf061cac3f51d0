import { describe, reworded, torchError, TorchError } from '../errors.js';
import { datatypeTable } from '../protocol/datatype.js';
import type { NamedTensor, TensorContent, TensorMetadata } from '../protocol/messages.js';
import { typedArrayKind, type DType, type TensorData } from '../tensor/dtype.js';
import { elementCount, formatShape, maxRank, resolveShape } from '../tensor/shape.js';
import type { Nested } from '../tensor/nested.js';
import type { Strings } from '../tensor/strings.js';
import { Tensor } from '../tensor/tensor.js';

/** Strings in arrays of arrays of one size; a lone one is of rank 0. */
export type NestedStrings = string | readonly NestedStrings[];

/** One input: a tensor, numbers in nested arrays, the elements as a typed array, or strings. */
export type InputValue = Tensor | Nested | TensorData | NestedStrings | Strings;

/**
 * Inputs by name as tensors of the protocol. A tensor stays as it is: the server checks it. Everything else becomes what
 * the model's metadata says; where that says nothing, float32, int64 (bigints), bool or BYTES by the first element.
 * @param metadata undefined where it is not known
 * @throws ERR_INVALID_INPUT, ERR_INVALID_SHAPE, ERR_INVALID_DTYPE, ERR_OUT_OF_RANGE
 */
export function namedTensors(
  inputs: Readonly<Record<string, InputValue | undefined>>,
  metadata: readonly TensorMetadata[] | undefined,
): readonly NamedTensor[] {
  return Object.entries(inputs).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const known = metadata?.find((input) => input.name === name);
    return [{ name, content: contentOf(name, value, known) }];
  });
}

/** Whether the inputs say all by themselves, so that no metadata is needed. */
export function isExplicit(inputs: Readonly<Record<string, InputValue | undefined>>): boolean {
  return Object.values(inputs).every((value) => value === undefined || value instanceof Tensor || isStrings(value));
}

function contentOf(name: string, value: InputValue, metadata: TensorMetadata | undefined): TensorContent {
  if (value instanceof Tensor) return value;
  if (isStrings(value)) return checkedStrings(name, value);
  const datatype = metadata?.datatype;
  const dtype = datatype ? datatypeTable[datatype].dtype : undefined;
  try {
    if (typedArrayKind(value) !== undefined) return ofElements(value as TensorData, dtype, datatype, metadata?.shape);
    const isText = typeof firstOf(value) === 'string';
    if (datatype === 'BYTES' || (isText && !dtype)) return ofStrings(name, value as NestedStrings, metadata?.shape);
    if (isText) throw torchError('ERR_INVALID_DTYPE', `Expected ${datatype} but received strings`);
    return inShape(Tensor.from(value as Nested, dtype as DType), metadata?.shape);
  } catch (cause) {
    // Says which input it is: the tensors know no names.
    if (!(cause instanceof TorchError)) throw cause;
    throw reworded(cause, (sentence) => `Input ${describe(name)}: ${sentence}`);
  }
}

/** Elements of a typed array: bits where the dtype keeps them so, else numbers. */
function ofElements(
  data: TensorData,
  dtype: DType | undefined,
  datatype: string | undefined,
  shape: readonly number[] | undefined,
): Tensor {
  if (datatype === 'BYTES')
    throw torchError('ERR_INVALID_DTYPE', 'Expected strings (BYTES) but received a typed array');
  const own: Tensor = Tensor.from(data as Float32Array);
  if (dtype === undefined || dtype === own.dtype) return inShape(own, shape);
  const keeps =
    (own.dtype === 'uint16' && (dtype === 'float16' || dtype === 'bfloat16')) ||
    (own.dtype === 'uint8' && dtype === 'bool');
  const tensor = keeps
    ? new Tensor<DType>(dtype, data, own.shape)
    : Tensor.from(Array.from<number | bigint>(own.data), dtype);
  return inShape(tensor, shape);
}

/** Elements without nesting get the model's shape, where that leaves only one way to read it. */
function inShape(tensor: Tensor, shape: readonly number[] | undefined): Tensor {
  const target = shapeFor(tensor.shape, shape);
  return target === tensor.shape ? tensor : tensor.reshape(target);
}

function shapeFor(own: readonly number[], shape: readonly number[] | undefined): readonly number[] {
  if (!shape || own.length > 1 || shape.length === own.length) return own;
  const elements = own[0] ?? 1;
  if (shape.filter((size) => size === -1).length > 1) {
    if (elements === 1) return shape.map((size) => (size === -1 ? 1 : size));
    const wanted = formatShape(shape.map((size) => (size === -1 ? null : size)));
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected a Tensor or nested arrays of shape ${wanted} but received ${elements} elements without a shape`,
    );
  }
  return resolveShape(shape, elements);
}

function ofStrings(name: string, value: NestedStrings, shape: readonly number[] | undefined): Strings {
  const own: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) {
    if (own.length === maxRank) throw torchError('ERR_INVALID_SHAPE', `Expected at most ${maxRank} levels of nesting`);
    own.push(level.length);
  }
  const data: string[] = [];
  collect(value, own, 0, data);
  return checkedStrings(name, { shape: shapeFor(own, shape), data });
}

function collect(value: unknown, shape: readonly number[], axis: number, into: string[]): void {
  if (axis === shape.length) {
    if (typeof value !== 'string')
      throw torchError('ERR_INVALID_INPUT', `Expected strings but received ${kindOf(value)}`);
    into.push(value);
    return;
  }
  if (!Array.isArray(value) || value.length !== shape[axis]) {
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected every item at level ${axis} to match shape ${formatShape(shape)} but received ${kindOf(value)}`,
    );
  }
  for (const item of value as unknown[]) collect(item, shape, axis + 1, into);
}

/** Never the text itself: messages end up in logs. */
const kindOf = (value: unknown): string => (typeof value === 'string' ? 'a string' : describe(value));

function firstOf(value: unknown): unknown {
  let level = value;
  for (let depth = 0; Array.isArray(level) && depth <= maxRank; ++depth) level = level[0] as unknown;
  return level;
}

function isStrings(value: unknown): value is Strings {
  if (typeof value !== 'object' || value === null || typedArrayKind(value) !== undefined) return false;
  const { shape, data } = value as { shape?: unknown; data?: unknown };
  return Array.isArray(shape) && Array.isArray(data) && !(value instanceof Tensor);
}

function checkedStrings(name: string, { shape, data }: Strings): Strings {
  if (data.some((item) => typeof item !== 'string')) {
    throw torchError('ERR_INVALID_INPUT', `Expected strings for the input ${describe(name)}`);
  }
  if (elementCount(shape) === data.length) return { shape, data };
  throw torchError(
    'ERR_INVALID_SHAPE',
    `Expected ${elementCount(shape)} strings for shape ${formatShape(shape)} of the input ${describe(name)} but received ${data.length}`,
  );
}
