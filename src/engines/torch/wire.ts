import type { NativeDict, NativeValue } from '../../addon/addon.js';
import type { BoundArguments } from '../../signature/bind.js';
import { dtypeTable, type DType } from '../../tensor/dtype.js';
import { Tensor } from '../../tensor/tensor.js';
import { checkContainer, checkedLeaf, entriesOf, isContainer, type DictKey, type Value } from '../../tensor/value.js';

/** A value as the addon takes it. @throws ERR_INVALID_INPUT for what no model can take */
export function toWire(value: Value, where: string, depth = 0): NativeValue {
  if (value instanceof Tensor) return value;
  if (!isContainer(value)) return checkedLeaf(value, where);
  checkContainer(value, where, depth);
  if (Array.isArray(value)) return value.map((item: Value, i) => toWire(item, `${where}[${i}]`, depth + 1));
  const entries = entriesOf(value as Exclude<typeof value, readonly Value[]>);
  return {
    keys: entries.map(([key]) => key),
    values: entries.map(([key, item]) => toWire(item, `${where}.${String(key)}`, depth + 1)),
  };
}

/** Bound arguments as the addon takes them: undefined stays, for a default. `names` are for messages. */
export function argumentsToWire(values: BoundArguments, names: readonly string[]): (NativeValue | undefined)[] {
  return values.map((value, i) => (value === undefined ? undefined : toWire(value, names[i] ?? `argument ${i}`)));
}

/** What the addon returned, as a caller sees it. */
export function fromWire(value: NativeValue): Value {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly NativeValue[]).map(fromWire);
  if ('keys' in value) return dictFromWire(value as NativeDict);
  const { dtype, shape, data } = value;
  return new Tensor(dtype as DType, ofThisRealm(dtype as DType, data), shape);
}

/** In a vm context (Jest, vitest's vmThreads) the addon's arrays are another realm's, which `instanceof` does not know. */
function ofThisRealm(dtype: DType, data: ArrayBufferView): ArrayBufferView {
  const { array, bytes } = dtypeTable[dtype];
  return data instanceof array ? data : new array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / bytes);
}

function dictFromWire({ keys, values }: NativeDict): Value {
  const entries = keys.map((key, i) => [fromWire(key), fromWire(values[i] as NativeValue)] as const);
  // fromEntries defines own members, so a key like __proto__ is data and nothing else.
  if (keys.every((key) => typeof key === 'string')) return Object.fromEntries(entries) as Record<string, Value>;
  return new Map(entries as unknown as readonly [DictKey, Value][]);
}
