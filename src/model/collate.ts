import { torchError } from '../errors.js';
import { dtypeTable, type TensorData } from '../tensor/dtype.js';
import type { PreparedCall } from './call.js';
import { Tensor } from '../tensor/tensor.js';
import type { Arguments, Value } from '../tensor/value.js';

/** Memory for gathered inputs, reused from batch to batch. */
export interface SlabPool {
  take(bytes: number): ArrayBuffer;
  give(slab: ArrayBuffer): void;
}

export interface GatheredCall {
  readonly args: Arguments;
  /** Rows in all, padding included. */
  readonly rows: number;
  /** To be given back once the run is over. */
  readonly slabs: readonly ArrayBuffer[];
}

/**
 * One call of all the calls' rows, in order, followed by copies of the last row up to `padTo`. The calls have one key.
 * Gathering in JavaScript is cheaper than asking each typed array for its address through Node-API.
 */
export function gather(calls: readonly PreparedCall[], padTo: number, pool: SlabPool): GatheredCall {
  const [first] = calls as [PreparedCall];
  const rows = calls.reduce((sum, call) => sum + call.rows, 0);
  const total = Math.max(rows, padTo);
  const slabs: ArrayBuffer[] = [];
  const values = first.values.map((value, position) => {
    if (!(value instanceof Tensor)) return value;
    const width = value.data.length / first.rows;
    const { array, bytes } = dtypeTable[value.dtype];
    const slab = pool.take(total * width * bytes);
    slabs.push(slab);
    const data = new array(slab, 0, total * width) as Float32Array;
    let at = 0;
    for (const call of calls) {
      const part = (call.values[position] as Tensor).data as Float32Array;
      data.set(part, at);
      at += part.length;
    }
    for (; at < data.length; at += width) data.copyWithin(at, at - width, at);
    return new Tensor(value.dtype, data, [total, ...value.shape.slice(1)]);
  });
  const args = first.names ? Object.fromEntries(first.names.map((name, i) => [name, values[i] as Value])) : values;
  return { args, rows: total, slabs };
}

/**
 * Each call's own rows of a result, as copies: a view would keep the whole batch alive. Padding is dropped.
 * @throws ERR_NOT_BATCHABLE unless every leaf is a tensor whose dimension 0 is the rows
 */
export function scatter(result: Value, calls: readonly PreparedCall[], total: number): Value[] {
  let from = 0;
  return calls.map(({ rows }) => {
    const to = from + rows;
    const own = pick(result, from, to, total);
    from = to;
    return own;
  });
}

function pick(value: Value, from: number, to: number, total: number): Value {
  if (value instanceof Tensor) {
    if (value.shape[0] !== total) throw notRows(total, `a tensor of shape [${value.shape.join(', ')}]`);
    if (from === 0 && to === total) return value;
    const width = value.data.length / total;
    const data = value.data.slice(from * width, to * width) as TensorData;
    return new Tensor(value.dtype, data, [to - from, ...value.shape.slice(1)]);
  }
  if (Array.isArray(value)) return (value as readonly Value[]).map((item) => pick(item, from, to, total));
  if (value instanceof Map) {
    return new Map([...(value as ReadonlyMap<string, Value>)].map(([key, item]) => [key, pick(item, from, to, total)]));
  }
  if (value === null || typeof value !== 'object') throw notRows(total, 'a value that is no tensor');
  return Object.fromEntries(
    Object.entries(value as Record<string, Value>).map(([key, item]) => [key, pick(item, from, to, total)]),
  );
}

/** The results of a call's parts, one below the other. The parts have the same structure. */
export function concatenate(parts: readonly Value[]): Value {
  const [first] = parts;
  if (parts.some((part) => structureOf(part) !== structureOf(first as Value))) {
    throw torchError('ERR_NOT_BATCHABLE', 'Expected outputs of one structure for every part of a split call');
  }
  if (first instanceof Tensor) return concatenateTensors(parts as readonly Tensor[]);
  if (Array.isArray(first))
    return first.map((_, i) => concatenate(parts.map((part) => (part as readonly Value[])[i] as Value)));
  const entries = (part: Value): [string, Value][] =>
    part instanceof Map ? [...(part as ReadonlyMap<string, Value>)] : Object.entries(part as Record<string, Value>);
  const all = parts.map(entries);
  const joined = entries(first as Value).map(
    ([key], i) => [key, concatenate(all.map((own) => (own[i] as [string, Value])[1]))] as const,
  );
  return first instanceof Map ? new Map(joined) : Object.fromEntries(joined);
}

/** Equal for values that can be put below each other; of containers the outermost level only. */
function structureOf(value: Value): string {
  if (value instanceof Tensor) return `${value.dtype}[${value.shape.slice(1).join(',')}]`;
  if (Array.isArray(value)) return `list ${value.length}`;
  const keys = value instanceof Map ? [...(value as ReadonlyMap<string, Value>).keys()] : Object.keys(value as object);
  return `${value instanceof Map ? 'map' : 'dict'} ${JSON.stringify(keys.map(String))}`;
}

function concatenateTensors(parts: readonly Tensor[]): Tensor {
  const [first] = parts as readonly [Tensor];
  const { array } = dtypeTable[first.dtype];
  const data = new array(parts.reduce((sum, part) => sum + part.data.length, 0)) as Float32Array;
  let at = 0;
  for (const part of parts) {
    data.set(part.data as Float32Array, at);
    at += part.data.length;
  }
  return new Tensor(first.dtype, data, [
    parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0),
    ...first.shape.slice(1),
  ]);
}

function notRows(total: number, got: string) {
  return torchError('ERR_NOT_BATCHABLE', `Expected every output to be a tensor of ${total} rows but received ${got}`);
}
