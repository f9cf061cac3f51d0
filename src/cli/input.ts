import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { isError, describe, torchError } from '../errors.js';
import type { Nested } from '../tensor/nested.js';
import { Tensor } from '../tensor/tensor.js';
import type { Arguments, Value } from '../tensor/value.js';
import { dtypeTable, type DType } from '../tensor/dtype.js';
import { decodeFloat16 } from '../tensor/float16.js';
import type { MethodSchema, Signature, TensorSpec } from '../signature/spec.js';
import { parseNpy } from '../tensor/npy.js';
import { parseNpz } from '../model/npz.js';

/** What is known of the method that is called: how a plain array is to be read. */
export interface InputContext {
  readonly method: MethodSchema | undefined;
  readonly signature: Signature | undefined;
}

/**
 * The arguments in files, one file each: `.npy`, or JSON (`-` is JSON on stdin); or all of them in one `.npz`, by the names of
 * its arrays. No files are no arguments. A `.npy` array is converted to the dtype that the signature asks for, where that
 * loses no more than JSON would. In JSON a nested array of numbers is a
 * tensor where the method takes one, `{"dtype", "shape", "data"}` a tensor anywhere, a lone
 * `{"args": [...]}` or `{"args": {...}}` all arguments by position or by name, and `{"input_data", "batch_size"}` the rows of
 * a request.
 * @throws ERR_INVALID_INPUT, ERR_INVALID_SHAPE, ERR_INVALID_DTYPE, ERR_OUT_OF_RANGE
 */
export async function readArguments(files: readonly string[], context: InputContext): Promise<Arguments> {
  const values = await Promise.all(files.map(readInput));
  const [only] = values;
  if (only instanceof Arrays) {
    if (values.length === 1) return argumentsOf(only.byName, context);
    throw torchError(
      'ERR_INVALID_INPUT',
      'Expected one .npz file alone, which holds all arguments, but received more files',
    );
  }
  if (values.length === 1 && isObject(only) && Object.keys(only).join() === 'args') {
    const { args } = only;
    if (Array.isArray(args)) return args.map((value, index) => decodeArgument(value, index, context));
    if (isObject(args)) {
      return Object.fromEntries(
        Object.entries(args).map(([name, value]) => [name, decodeArgument(value, name, context)]),
      );
    }
    throw torchError('ERR_INVALID_INPUT', `Expected an array or an object for args but received ${describe(args)}`);
  }
  if (values.length === 1 && isObject(only) && Array.isArray(only.input_data)) return [requestRows(only, context)];
  return values.map((value, index) =>
    value instanceof Tensor ? inDtype(value, specAt(context, index)) : decodeArgument(value, index, context),
  );
}

/** What a .npz file holds. */
class Arrays {
  constructor(readonly byName: Readonly<Record<string, Value>>) {}
}

/** By name; `numpy.savez(file, a, b)` without names calls them arr_0, arr_1, …, and then they are by position. */
function argumentsOf(arrays: Readonly<Record<string, Value>>, context: InputContext): Arguments {
  const names = Object.keys(arrays);
  const isNumbered = names.length > 0 && names.every((_, i) => Object.hasOwn(arrays, `arr_${i}`));
  const read = (value: Value, key: number | string): Value =>
    value instanceof Tensor ? inDtype(value, specAt(context, key)) : value;
  if (isNumbered && !specAt(context, 'arr_0')) return names.map((_, i) => read(arrays[`arr_${i}`] as Value, i));
  return Object.fromEntries(names.map((name) => [name, read(arrays[name] as Value, name)]));
}

function specAt({ signature }: InputContext, key: number | string): TensorSpec | undefined {
  return typeof key === 'number' ? signature?.inputs[key] : signature?.inputs.find(({ name }) => name === key);
}

/** NumPy's own numbers are float64 and int64, which few models take. @throws ERR_INVALID_DTYPE, ERR_OUT_OF_RANGE */
function inDtype(tensor: Tensor, spec: TensorSpec | undefined): Tensor {
  const { dtype, data, shape } = tensor;
  const wanted = spec?.dtype ?? dtype;
  if (wanted === dtype || dtype === 'bool' || wanted === 'bool') return tensor;
  const isWhole = dtypeTable[dtype].kind === 'int';
  if (!isWhole && dtypeTable[wanted].kind === 'int') return tensor; // the model says what it wants
  const decode = dtype === 'float16' ? decodeFloat16 : undefined;
  const numbers = decode ? Array.from(data as Uint16Array, decode) : Array.from(data as ArrayLike<number | bigint>);
  return Tensor.from(numbers as Nested, wanted).reshape(shape);
}

async function readInput(file: string): Promise<unknown> {
  try {
    if (file.endsWith('.npy')) return parseNpy(await readFile(file));
    if (file.endsWith('.npz')) return new Arrays(await parseNpz(await readFile(file)));
    return JSON.parse(file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')) as unknown;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_')) throw cause;
    // A JSON parser's message quotes the input.
    const reason = isError(cause) && cause.name === 'SyntaxError' ? 'it is no JSON' : (code ?? message);
    throw torchError('ERR_INVALID_INPUT', `Expected a readable input in ${file} but ${reason}`, { cause });
  }
}

interface RequestBody {
  readonly input_data?: unknown;
  readonly batch_size?: unknown;
}

/** What `POST /predict` takes: the numbers of all rows in one flat array. */
function requestRows(
  { input_data: data, batch_size: batchSize = 1 }: RequestBody,
  { signature }: InputContext,
): Tensor {
  const spec = signature?.inputs[0];
  const numbers = Tensor.from(data as Nested, spec?.dtype ?? undefined);
  if (numbers.shape.length !== 1) return numbers;
  const rows = Number(batchSize);
  const row = spec?.shape?.slice(1) ?? [null];
  const known = row.reduce<number>((product, size) => product * (size ?? 1), rows);
  return new Tensor(numbers.dtype, numbers.data, [rows, ...row.map((size) => size ?? numbers.data.length / known)]);
}

function decodeArgument(value: unknown, key: number | string, { method, signature }: InputContext): Value {
  const at = <T extends { readonly name: string }>(list: readonly T[] | undefined) =>
    typeof key === 'number' ? list?.[key] : list?.find(({ name }) => name === key);
  return decode(value, at(method?.args)?.type ?? 'Tensor', at(signature?.inputs)?.dtype ?? undefined);
}

function decode(value: unknown, type: string, dtype: DType | undefined): Value {
  const bare = type.replace(/^Optional\[(.*)\]$/, '$1');
  if (isObject(value)) {
    if ('dtype' in value && 'data' in value) return Tensor.fromJSON(value);
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, decode(item, '', undefined)]));
  }
  if (bare === 'Tensor' && value !== null) return Tensor.from(value as Nested, dtype);
  if (!Array.isArray(value)) return value as Value;
  return value.map((item) => decode(item, /^List\[(.*)\]$/.exec(bare)?.[1] ?? '', dtype));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Tensor) &&
    !(value instanceof Arrays)
  );
}
