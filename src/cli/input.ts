import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { describe, torchError } from '../errors.js';
import type { Nested } from '../tensor/nested.js';
import { Tensor } from '../tensor/tensor.js';
import type { Arguments, Value } from '../tensor/value.js';
import type { DType } from '../tensor/dtype.js';
import type { MethodSchema, Signature } from '../signature/spec.js';
import { parseNpy } from './npy.js';

/** What is known of the method that is called: how a plain array is to be read. */
export interface InputContext {
  readonly method: MethodSchema | undefined;
  readonly signature: Signature | undefined;
}

/**
 * The arguments in files, one file each: `.npy`, or JSON (`-` is JSON on stdin). In JSON a nested array of numbers is a
 * tensor where the method takes one, `{"dtype", "shape", "data"}` a tensor anywhere, a lone
 * `{"args": [...]}` or `{"args": {...}}` all arguments by position or by name, and `{"input_data", "batch_size"}` the rows of
 * a request.
 * @throws ERR_INVALID_INPUT, ERR_INVALID_SHAPE, ERR_INVALID_DTYPE, ERR_OUT_OF_RANGE
 */
export async function readArguments(files: readonly string[], context: InputContext): Promise<Arguments> {
  const values = await Promise.all(files.map(readInput));
  const [only] = values;
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
  return values.map((value, index) => (value instanceof Tensor ? value : decodeArgument(value, index, context)));
}

async function readInput(file: string): Promise<unknown> {
  try {
    if (file.endsWith('.npy')) return parseNpy(await readFile(file));
    return JSON.parse(file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')) as unknown;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_')) throw cause;
    // A JSON parser's message quotes the input.
    const reason = cause instanceof SyntaxError ? 'it is no JSON' : (code ?? message);
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
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Tensor);
}
