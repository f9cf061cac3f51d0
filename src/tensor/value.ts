import { types } from 'node:util';
import { describe, torchError, type TorchError } from '../errors.js';
import { copyData } from './copies.js';
import { Tensor } from './tensor.js';

/** A key of a dict. */
export type DictKey = string | number | bigint | boolean;

/**
 * What goes into and comes out of a model. The method's own schema decides how a value is read: a number for an int
 * argument must be an integer; an int result is a number when that is exact, else a bigint; tuples and lists are
 * arrays; dicts with string keys are objects, other dicts Maps.
 */
export type Value =
  | Tensor
  | number
  | bigint
  | boolean
  | string
  | null
  | readonly Value[]
  | { readonly [key: string]: Value }
  | ReadonlyMap<DictKey, Value>;

/** A value with others inside it. */
export type Container = readonly Value[] | { readonly [key: string]: Value } | ReadonlyMap<DictKey, Value>;

/** Arguments of a call: an array by position, a plain object by name. One that is `undefined` takes its default. */
export type Arguments = readonly (Value | undefined)[] | Readonly<Record<string, Value | undefined>>;

/** What `run` takes: one tensor, the arguments, or a Map where the only argument is a dict. */
export type RunInput = Tensor | Arguments | ReadonlyMap<DictKey, Value>;

/** As engine/value.h's kMaxDepth: cycles and runaway nesting end in an error. */
const maxDepth = 64;

/** A Map, also one that another realm made. */
export function isMap(value: unknown): value is ReadonlyMap<DictKey, Value> {
  return types.isMap(value);
}

/** An object literal, or what JSON.parse makes: not an instance of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, Value>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null; // any realm's
}

/** Whether the value is a list or a dict, and so has others inside it. */
export function isContainer(value: Value): value is Container {
  return typeof value === 'object' && value !== null && !(value instanceof Tensor);
}

/** Keys and items of a dict, in their order. */
export function entriesOf(dict: Exclude<Container, readonly Value[]>): (readonly [DictKey, Value])[] {
  return isMap(dict) ? [...dict] : Object.entries(dict);
}

/** What is right inside a container, in its order. */
export function childrenOf(container: Container): readonly Value[] {
  if (Array.isArray(container)) return container as readonly Value[];
  return entriesOf(container as Exclude<Container, readonly Value[]>).map(([, item]) => item);
}

/** A container of the same kind whose items are what `change` makes of the old ones. */
export function mapChildren(container: Container, change: (item: Value, key: DictKey) => Value): Container {
  if (Array.isArray(container)) return (container as readonly Value[]).map(change);
  const dict = container as Exclude<Container, readonly Value[]>;
  const entries = entriesOf(dict).map(([key, item]) => [key, change(item, key)] as const);
  // fromEntries defines own members, so a key like __proto__ is data and nothing else.
  return isMap(dict) ? new Map(entries) : (Object.fromEntries(entries) as Record<string, Value>);
}

/** Arguments by name. @throws ERR_INVALID_INPUT unless they are a plain object */
export function namedArguments(args: unknown): Readonly<Record<string, Value | undefined>> {
  if (isPlainObject(args)) return args;
  throw torchError(
    'ERR_INVALID_INPUT',
    `Expected an array (by position) or a plain object (by name) for the arguments but received ${describe(args)}`,
  );
}

/**
 * A deep copy, which nothing that the caller does later changes.
 * @throws ERR_INVALID_INPUT if no model can take the value
 */
export function copyValue(value: Value, where: string, depth = 0): Value {
  if (value instanceof Tensor) return new Tensor(value.dtype, copyData(value), value.shape);
  if (!isContainer(value)) return checkedLeaf(value, where);
  checkContainer(value, where, depth);
  if (Array.isArray(value)) return value.map((item: Value, i) => copyValue(item, `${where}[${i}]`, depth + 1));
  return mapChildren(value, (item, key) => copyValue(item, `${where}.${String(key)}`, depth + 1));
}

/** As `copyValue`, of an argument that may be left out. */
export function copyArgument(value: Value | undefined, where: string): Value | undefined {
  return value === undefined ? undefined : copyValue(value, where);
}

/** Half of a character: UTF-8, which models take, has no way to write it. */
const loneSurrogate = /\p{Surrogate}/u;

/** @throws ERR_INVALID_INPUT for what no model can take: functions, symbols, undefined, and texts with half a character */
export function checkedLeaf<T>(value: T, where: string): T {
  if (typeof value === 'string' && loneSurrogate.test(value)) {
    throw torchError('ERR_INVALID_INPUT', `Expected text without lone surrogates (halves of characters) for ${where}`);
  }
  if (value === null || ['number', 'bigint', 'boolean', 'string'].includes(typeof value)) return value;
  throw unsupported(value, where);
}

/** @throws ERR_INVALID_INPUT for a class's instance, for nesting that is too deep, and for keys that no dict has */
export function checkContainer(value: Container, where: string, depth: number): void {
  if (depth === maxDepth) {
    throw torchError('ERR_INVALID_INPUT', `Expected at most ${maxDepth} levels of nesting for ${where}`);
  }
  if (Array.isArray(value)) return;
  if (isMap(value)) for (const key of value.keys()) checkKey(key, `${where}'s key`);
  else if (!isPlainObject(value)) throw unsupported(value, where);
}

function checkKey(key: unknown, where: string): void {
  if (['number', 'bigint', 'boolean', 'string'].includes(typeof key)) return;
  throw torchError(
    'ERR_INVALID_INPUT',
    `Expected a number, bigint, boolean or string for ${where} but received ${describe(key)}`,
  );
}

function unsupported(value: unknown, where: string): TorchError {
  return torchError(
    'ERR_INVALID_INPUT',
    `Expected a Tensor, number, bigint, boolean, string, null, array, plain object or Map for ${where} but received ${describe(value)}`,
  );
}
