import { torchError } from '../errors.js';
import { dtypeTable, type TensorData } from '../tensor/dtype.js';
import type { BoundArguments } from '../signature/bind.js';
import type { Call } from './call.js';
import { Tensor } from '../tensor/tensor.js';
import { entriesOf, isContainer, isMap, mapChildren, type Value } from '../tensor/value.js';

type Dict = Parameters<typeof entriesOf>[0];

/** Memory for gathered inputs, reused from batch to batch. */
export interface SlabPool {
  take(bytes: number): ArrayBuffer;
  /** The run is over. */
  give(slab: ArrayBuffer): void;
}

export interface GatheredCall {
  readonly values: BoundArguments;
  /** Rows in all, padding included. */
  readonly rows: number;
  /** To be given back once the run is over. */
  readonly slabs: readonly ArrayBuffer[];
}

/**
 * One call of all the calls' rows, in order, followed by copies of the last row up to `padTo`. The calls have one key.
 * Gathering in JavaScript is cheaper than asking each typed array for its address through Node-API.
 */
export function gather(calls: readonly Call[], padTo: number, pool: SlabPool): GatheredCall {
  const [first] = calls as [Call];
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
  return { values, rows: total, slabs };
}

/**
 * Each call's own rows of a result, as copies: a view would keep the whole batch alive. Padding is dropped.
 * @throws ERR_NOT_BATCHABLE unless every leaf is a tensor whose dimension 0 is the rows
 */
export function scatter(result: Value, calls: readonly Call[], total: number): Value[] {
  if (result instanceof Tensor) return scatterTensor(result, calls, total);
  let from = 0;
  return calls.map(({ rows }) => {
    const to = from + rows;
    const own = pick(result, from, to, total);
    from = to;
    return own;
  });
}

/** The same for the most frequent result, with what its parts have in common made once. */
function scatterTensor(result: Tensor, calls: readonly Call[], total: number): Value[] {
  const { dtype, data, shape } = result;
  requireRows(result, total);
  // Padding may have added rows to those of a single call.
  if (calls.length === 1 && calls[0]?.rows === total) return [result];
  const width = data.length / total;
  const values: Value[] = [];
  let own: readonly number[] = shape;
  let at = 0;
  for (const { rows } of calls) {
    if (own[0] !== rows) own = [rows, ...shape.slice(1)];
    values.push(new Tensor(dtype, data.slice(at, (at += rows * width)), own));
  }
  return values;
}

function pick(value: Value, from: number, to: number, total: number): Value {
  if (value instanceof Tensor) {
    requireRows(value, total);
    if (from === 0 && to === total) return value;
    const width = value.data.length / total;
    const data = value.data.slice(from * width, to * width) as TensorData;
    return new Tensor(value.dtype, data, [to - from, ...value.shape.slice(1)]);
  }
  if (!isContainer(value)) throw notRows(total, 'a value that is not a tensor');
  return mapChildren(value, (item) => pick(item, from, to, total));
}

function requireRows({ shape }: Tensor, total: number): void {
  if (shape[0] !== total) throw notRows(total, `a tensor of shape [${shape.join(', ')}]`);
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
  const all = parts.map((part) => entriesOf(part as Dict));
  let next = 0;
  return mapChildren(first as Dict, () => {
    const i = next++;
    return concatenate(all.map((own) => (own[i] as (typeof own)[number])[1]));
  });
}

/** Equal for values that can be put below each other; of containers the outermost level only. */
function structureOf(value: Value): string {
  if (value instanceof Tensor) return `${value.dtype}[${value.shape.slice(1).join(',')}]`;
  if (Array.isArray(value)) return `list ${value.length}`;
  const keys = entriesOf(value as Dict).map(([key]) => String(key));
  return `${isMap(value) ? 'map' : 'dict'} ${JSON.stringify(keys)}`;
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

/** Slabs kept for reuse, in bytes; what comes back beyond it is let go. */
const keptBytes = 64 * 2 ** 20;
const smallest = 4096;

/**
 * A pool of powers of two, so that batches of any size find a slab.
 * @param isFree whether nobody else refers to a slab's memory. A model may keep its input beyond the run: what the next
 * batch wrote there would be taken for that input, one caller's row for another's.
 */
export function slabPool(allocate: (bytes: number) => ArrayBuffer, isFree: (slab: ArrayBuffer) => boolean): SlabPool {
  const free = new Map<number, ArrayBuffer[]>();
  let kept = 0;
  return {
    take(bytes) {
      const size = Math.max(smallest, 2 ** Math.ceil(Math.log2(Math.max(1, bytes))));
      const slab = free.get(size)?.pop();
      if (!slab) return allocate(size);
      kept -= size;
      return slab;
    },
    give(slab) {
      if (slab.byteLength > keptBytes || !isFree(slab)) return; // it is collected once the last lets it go
      if (kept + slab.byteLength > keptBytes) {
        free.clear(); // what an earlier load needed must not keep out what the present one does
        kept = 0;
      }
      kept += slab.byteLength;
      const list = free.get(slab.byteLength);
      if (list) list.push(slab);
      else free.set(slab.byteLength, [slab]);
    },
  };
}
