import { TorchError, torchError } from '../errors.js';
import { copyData, largestShared, roomFor } from '../tensor/copies.js';
import { lease, type Chunk } from '../tensor/leased-copies.js';
import { Tensor } from '../tensor/tensor.js';
import type { BoundArguments } from '../signature/bind.js';
import type { CallKeys } from './call-keys.js';
import { copyValue, entriesOf, isContainer, type Value } from '../tensor/value.js';

/** A call that was bound and checked and whose inputs were copied: nothing the caller does later changes it. */
export interface Call {
  readonly method: string;
  /** In the order of the method's schema; undefined means the default. */
  readonly values: BoundArguments;
  /** Calls of one key may share a batch: same method, dtypes, tail shapes and values that are not tensors. */
  readonly key: string;
  /** Dimension 0 of every tensor argument. */
  readonly rows: number;
  /** Of the tensor arguments, and about as many of the others as they take. */
  readonly bytes: number;
  /** Where the copies of its tensors lie, until it is released; undefined where they have memory of their own. */
  chunk: Chunk | undefined;
}

interface CallOptions {
  /** What messages call the argument at each place. */
  readonly names?: readonly string[];
  /** The caller gives up the tensors, so they are not copied. */
  readonly owned?: boolean;
  /** Keys of the last calls. */
  readonly keys?: CallKeys;
}

/**
 * Copies a call's tensors and works out what it may be batched with.
 * @throws ERR_INVALID_INPUT for what no model can take, ERR_NOT_BATCHABLE without a tensor argument, or when the tensors' rows disagree or are 0
 */
export function prepareCall(
  method: string,
  given: BoundArguments,
  { names, owned = false, keys }: CallOptions = {},
): Call {
  const values: (Value | undefined)[] = [];
  const known = keys?.find(method, given);
  let key = known ?? method;
  let rows = -1;
  let bytes = 0;
  let room = 0;
  for (let i = 0; i < given.length; ++i) {
    const value = given[i];
    if (known === undefined) key += '|';
    if (!(value instanceof Tensor)) {
      const copy = value === undefined ? undefined : copyValue(value, names?.[i] ?? `argument ${i}`);
      const own = copy === undefined ? '' : keyOf(copy);
      key += own;
      bytes += own.length;
      values.push(copy);
      continue;
    }
    const { shape, data } = value;
    const own = shape[0];
    if (own === undefined || own === 0)
      throw notBatchable('a tensor argument with at least one row', `shape [${shape.join(', ')}]`);
    if (rows >= 0 && own !== rows) throw notBatchable(`${rows} rows in every tensor argument`, `${own}`);
    rows = own;
    bytes += data.byteLength;
    room += roomFor(data.byteLength);
    if (known === undefined) key += `${value.dtype}[${shape.slice(1).join(',')}]`;
    values.push(value);
  }
  if (rows < 0) throw notBatchable('a tensor argument', 'none');
  if (known === undefined) keys?.add(method, given, key);
  return { method, values, key, rows, bytes, chunk: owned ? undefined : copyTensors(values, room) };
}

/** Puts copies in the place of tensors. @returns the chunk that holds them, where they are small */
function copyTensors(values: (Value | undefined)[], room: number): Chunk | undefined {
  const chunk = room > 0 && room <= largestShared ? lease(room) : undefined;
  for (let i = 0; i < values.length; ++i) {
    const value = values[i];
    if (!(value instanceof Tensor)) continue;
    values[i] = new Tensor(value.dtype, chunk ? chunk.copy(value) : copyData(value), value.shape);
  }
  return chunk;
}

/** Nobody reads the values of a call any more: the memory of its copies may be used again. Its answer does not lie there. */
export function releaseCall(call: Call): void {
  const { chunk } = call;
  if (!chunk) return;
  call.chunk = undefined;
  chunk.giveBack();
}

/** The rows `from` up to `to` of a call. */
export function sliceCall(call: Call, from: number, to: number): Call {
  const values = call.values.map((value) => (value instanceof Tensor ? rowsOf(value, from, to, call.rows) : value));
  const { method, key, bytes, rows } = call;
  // It lies in the memory of the whole, which alone gives that back.
  return { method, values, key, rows: to - from, bytes: (bytes / rows) * (to - from), chunk: undefined };
}

/**
 * What a call gives beside the numbers of its tensors: which arguments are tensors, which are left out, and the values of the
 * others. Undefined where it gives tensors inside of others.
 */
export function formOf(values: BoundArguments): readonly string[] | undefined {
  try {
    return values.map((value) => (value instanceof Tensor ? 'tensor' : value === undefined ? '' : `=${keyOf(value)}`));
  } catch (error) {
    if (error instanceof TorchError) return undefined;
    throw error;
  }
}

function rowsOf(tensor: Tensor, from: number, to: number, rows: number): Tensor {
  const width = tensor.data.length / rows;
  const data = tensor.data.subarray(from * width, to * width);
  return new Tensor(tensor.dtype, data, [to - from, ...tensor.shape.slice(1)]);
}

/** Equal for equal values only. Tensors inside would have to be compared element by element, so they are refused. */
function keyOf(value: Value): string {
  if (value instanceof Tensor) throw notBatchable('tensors as arguments of their own', 'one inside a list or a dict');
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (!isContainer(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(keyOf).join(',')}]`;
  const entries = entriesOf(value as Exclude<typeof value, readonly Value[]>);
  return `{${entries.map(([key, item]) => `${keyOf(key)}:${keyOf(item)}`).join(',')}}`;
}

function notBatchable(wanted: string, got: string) {
  return torchError('ERR_NOT_BATCHABLE', `Expected ${wanted} for a batch but received ${got}`);
}
