/** Values on their way to another process: structured cloning knows typed arrays and Maps, but no Tensor. */
import { torchError } from '../../errors.js';
import type { DType, TensorData } from '../../tensor/dtype.js';
import { Tensor } from '../../tensor/tensor.js';
import { copyValue, isMap, type Arguments, type DictKey, type Value } from '../../tensor/value.js';

export type WireValue =
  | { readonly kind: 'tensor'; readonly dtype: DType; readonly shape: readonly number[]; readonly data: TensorData }
  | { readonly kind: 'list'; readonly items: readonly WireValue[] }
  | { readonly kind: 'dict' | 'map'; readonly entries: readonly (readonly [DictKey, WireValue])[] }
  | { readonly kind: 'leaf'; readonly value: number | bigint | boolean | string | null | undefined };

/** An example as `run` takes it. @throws ERR_INVALID_INPUT for what no model can take */
export function exampleToWire(example: Arguments | Tensor): WireValue {
  if (example instanceof Tensor) return toWire(copyValue(example, 'the example'));
  if (typeof example !== 'object' || example === null) {
    throw torchError('ERR_INVALID_INPUT', 'Expected a tensor, an array or an object of arguments for the example');
  }
  // What is left out of the arguments stays left out; everything else is checked.
  if (Array.isArray(example)) return { kind: 'list', items: (example as readonly (Value | undefined)[]).map(checked) };
  const entries = Object.entries(example as Readonly<Record<string, Value | undefined>>);
  return { kind: 'dict', entries: entries.map(([name, value]) => [name, checked(value, name)]) };
}

function checked(value: Value | undefined, where: string | number): WireValue {
  return value === undefined ? { kind: 'leaf', value } : toWire(copyValue(value, `the example's ${where}`));
}

/** A value that is known to be one, such as a model's result. Nothing is copied. */
export function toWire(value: Value): WireValue {
  if (value instanceof Tensor) return { kind: 'tensor', dtype: value.dtype, shape: value.shape, data: value.data };
  if (typeof value !== 'object' || value === null) return { kind: 'leaf', value };
  if (Array.isArray(value)) return { kind: 'list', items: (value as readonly Value[]).map(toWire) };
  if (isMap(value)) return { kind: 'map', entries: [...value].map(([key, item]) => [key, toWire(item)]) };
  return { kind: 'dict', entries: Object.entries(value as object).map(([key, item]) => [key, toWire(item as Value)]) };
}

export function fromWire(wire: WireValue): Value | undefined {
  switch (wire.kind) {
    case 'tensor':
      return new Tensor(wire.dtype, wire.data, wire.shape);
    case 'list':
      return wire.items.map((item) => fromWire(item) as Value);
    case 'map':
      return new Map(wire.entries.map(([key, item]) => [key, fromWire(item) as Value]));
    case 'dict':
      return Object.fromEntries(wire.entries.map(([key, item]) => [String(key), fromWire(item) as Value]));
    case 'leaf':
      return wire.value;
  }
}
