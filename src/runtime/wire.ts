import type { NativeDict, NativeValue } from '../addon/addon.js';
import { describe, torchError } from '../errors.js';
import type { DType } from '../types.js';
import { copyData } from './copies.js';
import { Tensor } from './tensor.js';
import type { Arguments, Value } from './value.js';

/** As engine/value.h's kMaxDepth: cycles and runaway nesting end in an error. */
const maxDepth = 64;

/** A value as the addon takes it. Throws ERR_INVALID_INPUT for what no model can take. */
export function toWire(value: Value, where: string, depth = 0): NativeValue {
  if (value instanceof Tensor) return value;
  switch (typeof value) {
    case 'number':
    case 'bigint':
    case 'boolean':
    case 'string':
      return value;
    case 'object':
      break;
    default:
      throw unsupported(value, where);
  }
  if (value === null) return null;
  if (depth === maxDepth) {
    throw torchError('ERR_INVALID_INPUT', `Expected at most ${maxDepth} levels of nesting for ${where}`);
  }
  if (Array.isArray(value)) return value.map((item: Value, i) => toWire(item, `${where}[${i}]`, depth + 1));
  const entries = value instanceof Map ? [...(value as ReadonlyMap<Value, Value>)] : plainEntries(value, where);
  return {
    keys: entries.map(([key]) => toWire(key, `${where}'s key`, depth + 1)),
    values: entries.map(([key, item]) => toWire(item, `${where}.${memberName(key)}`, depth + 1)),
  };
}

/** The positional and named halves of a call's arguments. */
export function argumentsToWire(args: Arguments): { args: NativeValue[]; kwargs: NativeDict | null } {
  if (Array.isArray(args)) {
    return { args: args.map((value: Value, i) => toWire(value, `argument ${i}`)), kwargs: null };
  }
  const entries = Object.entries(namedArguments(args));
  return {
    args: [],
    kwargs: { keys: entries.map(([name]) => name), values: entries.map(([name, value]) => toWire(value, name)) },
  };
}

/** Arguments by name. Throws ERR_INVALID_INPUT for what is no plain object. */
export function namedArguments(args: unknown): Readonly<Record<string, Value>> {
  if (typeof args === 'object' && args !== null && isPlain(args)) return args as Record<string, Value>;
  throw torchError(
    'ERR_INVALID_INPUT',
    `Expected an array (by position) or a plain object (by name) for the arguments but received ${describe(args)}`,
  );
}

/** A value that nobody else can change, and whether it is one that a model can take; throws as toWire. */
export function copyValue(value: Value, where: string, depth = 0): Value {
  if (depth === maxDepth || typeof value !== 'object' || value === null) return toWire(value, where, depth) as Value;
  if (value instanceof Tensor) return new Tensor(value.dtype, copyData(value), value.shape);
  if (Array.isArray(value)) return value.map((item: Value, i) => copyValue(item, `${where}[${i}]`, depth + 1));
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<string, Value>)];
    return new Map(
      entries.map(([key, item]) => [
        copyValue(key, `${where}'s key`, depth + 1) as string,
        copyValue(item, where, depth + 1),
      ]),
    );
  }
  const entries = plainEntries(value, where);
  return Object.fromEntries(entries.map(([key, item]) => [key, copyValue(item, `${where}.${key}`, depth + 1)]));
}

/** What the addon returned, as a caller sees it. */
export function fromWire(value: NativeValue): Value {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly NativeValue[]).map(fromWire);
  if ('keys' in value) return dictFromWire(value as NativeDict);
  const { dtype, shape, data } = value;
  return new Tensor(dtype as DType, data, shape);
}

function dictFromWire({ keys, values }: NativeDict): Value {
  const entries = keys.map((key, i) => [fromWire(key), fromWire(values[i] as NativeValue)] as const);
  // fromEntries defines own members, so a key like __proto__ is data and nothing else.
  if (keys.every((key) => typeof key === 'string')) return Object.fromEntries(entries) as Record<string, Value>;
  return new Map(entries as unknown as readonly [string | number | bigint | boolean, Value][]);
}

function plainEntries(value: object, where: string): [string, Value][] {
  if (!isPlain(value)) throw unsupported(value, where);
  return Object.entries(value as Record<string, Value>);
}

function memberName(key: Value): string {
  return typeof key === 'object' ? '?' : String(key);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function unsupported(value: unknown, where: string) {
  return torchError(
    'ERR_INVALID_INPUT',
    `Expected a Tensor, number, bigint, boolean, string, null, array, plain object or Map for ${where} but received ${describe(value)}`,
  );
}
