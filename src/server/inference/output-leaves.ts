/** What a model returns, as the tensors that are in it. */
import { torchError } from '../../errors.js';
import type { TensorContent } from '../../protocol/messages.js';
import type { TensorSpec } from '../../signature/spec.js';
import { readStrings } from '../../signature/strings.js';
import { parseTorchType, type TorchType } from '../../signature/torch-type.js';
import { Tensor } from '../../tensor/tensor.js';
import { entriesOf, isContainer, type Value } from '../../tensor/value.js';

/** More of them is no answer but a mistake. */
const maxOutputs = 1024;

/** One tensor of an answer, with the way to it; empty for the whole. */
export interface Leaf {
  readonly path: readonly string[];
  readonly content: TensorContent;
}

export interface Leaves {
  readonly leaves: readonly Leaf[];
  /** Of a tuple; undefined where the result is one value. A part that is None, or an empty list of tensors, has no leaf. */
  readonly parts: number | undefined;
  /** The whole is one dict: its keys are names. */
  readonly isDict: boolean;
}

/**
 * @param type of the whole, where the artifact says it: a number of a type is an INT64 or an FP64 whatever its value, and an
 * empty list has a datatype. Without one a number is an FP64, and a bigint an INT64.
 * @param specs say the types of single leaves, in their order, where `type` says none
 * @throws ERR_BAD_OUTPUT for more than 1024 of them
 */
export function leavesOf(value: Value, type: TorchType | undefined, specs: readonly TensorSpec[]): Leaves {
  const into: Leaf[] = [];
  const walk: Walk = { into, specs };
  if (type?.name !== 'Tuple' || !Array.isArray(value)) {
    collect(value, type, [], walk);
    const isDict = isContainer(value) && !Array.isArray(value);
    return { leaves: into, parts: undefined, isDict };
  }
  const parts = value as readonly Value[];
  for (const [i, part] of parts.entries()) collect(part, type.args[i], [String(i)], walk);
  return { leaves: into, parts: parts.length, isDict: false };
}

interface Walk {
  readonly into: Leaf[];
  readonly specs: readonly TensorSpec[];
}

function collect(value: Value, given: TorchType | undefined, path: readonly string[], walk: Walk): void {
  if (value === null) return;
  const type = known(given) ?? specType(walk);
  const content = contentOf(value, type);
  if (content) {
    if (walk.into.length === maxOutputs) {
      throw torchError('ERR_BAD_OUTPUT', `Expected at most ${maxOutputs} outputs from the model`);
    }
    walk.into.push({ path, content });
    return;
  }
  if (!isContainer(value)) return;
  const isList = Array.isArray(value);
  const entries = isList ? [...(value as readonly Value[]).entries()] : entriesOf(value as never);
  for (const [i, [key, item]] of entries.entries()) {
    collect(item, type && inside(type, i), [...path, String(key)], walk);
  }
}

/** What an Optional holds. A class of the model's own, a NamedTuple say, does not say what it holds. */
function known(type: TorchType | undefined): TorchType | undefined {
  if (type?.name === 'Optional') return known(type.args[0]);
  return type === undefined || type.name === 'Any' || type.name.includes('.') || type.name === 'Union'
    ? undefined
    : type;
}

function specType({ into, specs }: Walk): TorchType | undefined {
  const type = specs[into.length]?.type;
  return type === undefined ? undefined : known(parseTorchType(type));
}

function inside({ name, args }: TorchType, i: number): TorchType | undefined {
  if (name === 'Dict') return args[1];
  return name === 'Tuple' ? args[i] : args[0];
}

type Scalar = number | bigint | boolean;
type ScalarType = 'int' | 'float' | 'bool' | undefined;

const isScalar = (value: Value): value is Scalar =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';

/** The tensor that a value is, or that its scalars make; undefined for what holds others. */
function contentOf(value: Value, type: TorchType | undefined): TensorContent | undefined {
  if (value instanceof Tensor) return value;
  if (typeof value === 'string') return { shape: [], data: [value] };
  if (isScalar(value)) return ofScalars([value], [], scalarType(type));
  if (!Array.isArray(value)) return undefined;
  const items = value as readonly Value[];
  const element = type?.name === 'List' ? innermost(type) : undefined;
  if (element === 'str' || (element === undefined && items.length > 0 && everyLeaf(items, isText))) return texts(items);
  const isNumbers = element === 'int' || element === 'float' || element === 'bool';
  if (!isNumbers && (items.length === 0 || !everyLeaf(items, isScalar))) return ofRows(items);
  const shape = shapeOf(items);
  // Lists of other lengths are tensors of their own.
  return shape && ofScalars(scalarsIn(items), shape, isNumbers ? element : undefined);
}

const isText = (value: Value): boolean => typeof value === 'string';

function scalarType(type: TorchType | undefined): ScalarType {
  return type?.name === 'int' || type?.name === 'float' || type?.name === 'bool' ? type.name : undefined;
}

function innermost({ name, args: [item] }: TorchType): string | undefined {
  return name === 'List' ? item && innermost(item) : name;
}

function everyLeaf(items: readonly Value[], holds: (leaf: Value) => boolean): boolean {
  return items.every((item) => (Array.isArray(item) ? everyLeaf(item as readonly Value[], holds) : holds(item)));
}

function scalarsIn(items: readonly Value[], into: Scalar[] = []): readonly Scalar[] {
  for (const item of items) {
    if (Array.isArray(item)) scalarsIn(item as readonly Value[], into);
    else if (isScalar(item)) into.push(item);
  }
  return into;
}

/** Undefined where lists of one depth differ in length. */
function shapeOf(items: readonly Value[]): readonly number[] | undefined {
  const [first] = items;
  if (!Array.isArray(first)) return items.some(Array.isArray) ? undefined : [items.length];
  const inner = shapeOf(first as readonly Value[]);
  const isSame = items.every(
    (item) => Array.isArray(item) && String(shapeOf(item as readonly Value[])) === String(inner),
  );
  return inner && isSame ? [items.length, ...inner] : undefined;
}

function texts(items: readonly Value[]): TensorContent | undefined {
  return shapeOf(items) && readStrings({ name: 'output', dtype: null, shape: null }, items);
}

function ofScalars(items: readonly Scalar[], shape: readonly number[], type: ScalarType): Tensor {
  if (type === 'bool' || (type === undefined && items.length > 0 && items.every((item) => typeof item === 'boolean'))) {
    return new Tensor('bool', Uint8Array.from(items, Number), shape);
  }
  if (type === 'int' || (type === undefined && items.some((item) => typeof item === 'bigint'))) {
    return new Tensor('int64', BigInt64Array.from(items, BigInt), shape);
  }
  return new Tensor('float64', Float64Array.from(items, Number), shape);
}

/** Probabilities by class, a dict for each row, as scikit-learn's ONNX models answer: a matrix. */
function ofRows(items: readonly Value[]): Tensor | undefined {
  const rows = items.map((item) => (isContainer(item) && !Array.isArray(item) ? entriesOf(item as never) : undefined));
  const [first] = rows;
  if (!first || first.length === 0) return undefined;
  const isSame = rows.every(
    (row) =>
      row?.length === first.length &&
      row.every(([key, number], i) => key === first[i]?.[0] && typeof number === 'number'),
  );
  if (!isSame) return undefined;
  const numbers = (rows as (typeof first)[]).flatMap((row) => row.map(([, number]) => number as number));
  const isSingle = numbers.every((number) => Object.is(Math.fround(number), number));
  const shape = [rows.length, first.length];
  return isSingle
    ? new Tensor('float32', Float32Array.from(numbers), shape)
    : new Tensor('float64', Float64Array.from(numbers), shape);
}
