/** Values of JSON as the contents of inputs: arrays in arrays of numbers, booleans or texts. */
import { describe, InputError, reworded, torchError } from '../../errors.js';
import { datatypeTable } from '../../protocol/datatype.js';
import { limits } from '../../protocol/json/limits.js';
import type { NamedTensor, TensorContent, TensorMetadata } from '../../protocol/messages.js';
import { readStrings } from '../../signature/strings.js';
import { flatten, type Nested } from '../../tensor/nested.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Value } from '../../tensor/value.js';

/** Encoded bytes, as TensorFlow Serving writes them in JSON. */
export interface Base64 {
  readonly b64: string;
}

export function isBase64(value: unknown): value is Base64 {
  return isObject(value) && typeof value['b64'] === 'string' && Object.keys(value).length === 1;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The bytes of a text in base64, or of a data URL. What is no base64 in it is skipped, as `Buffer` does. */
export function bytesOfBase64(text: string): Buffer {
  return Buffer.from(text.startsWith('data:') ? text.slice(text.indexOf(',') + 1) : text, 'base64');
}

/**
 * The content that a value is for an input: of the input's datatype; where the model does not say that, float32 for numbers,
 * int64 for integers beyond 2^53, bool for booleans. `{"dtype", "shape", "data"}` names it.
 * @throws ERR_INVALID_SHAPE for ragged arrays, ERR_INVALID_INPUT for other values, ERR_OUT_OF_RANGE for what the datatype
 * cannot hold; each names the input
 */
export function contentOf(value: unknown, { name, datatype }: TensorMetadata): TensorContent {
  try {
    if (isObject(value) && 'data' in value && 'dtype' in value) return Tensor.fromJSON(value);
    if (datatype === 'BYTES' || (datatype === '' && isText(value))) {
      return readStrings({ name, dtype: null, shape: null }, textsOf(value));
    }
    const { dtype, data, shape } = flatten(value as Nested, datatypeTable[datatype || 'FP32'].dtype ?? undefined);
    if (datatype !== '' || dtype !== 'float32') return new Tensor(dtype, data, shape);
    return Tensor.from(value as Nested); // by its first element
  } catch (error) {
    if (!(error instanceof InputError) || error.message.includes(` for ${name} `)) throw error;
    throw reworded(error, (sentence) => `Input ${name}: ${sentence}`);
  }
}

/** Inputs by name, each a value. @throws as contentOf; ERR_INVALID_INPUT for a name that the model has not */
export function namedValues(
  values: Readonly<Record<string, unknown>>,
  inputs: readonly TensorMetadata[],
): NamedTensor[] {
  requireFew(Object.keys(values));
  return Object.entries(values).map(([name, value]) => ({ name, content: contentOf(value, inputNamed(name, inputs)) }));
}

/** More inputs than any model has must not cost their time. @throws ERR_INVALID_INPUT */
export function requireFew(names: readonly string[]): void {
  if (names.length <= limits.tensors) return;
  throw torchError('ERR_INVALID_INPUT', `Expected at most ${limits.tensors} inputs but received ${names.length}`);
}

/** What the model says of an input. Names that it has other words for (`INPUT__0`, `ARGS[0]`) are looked up later. */
export function inputNamed(name: string, inputs: readonly TensorMetadata[]): TensorMetadata {
  const ordinal = /^INPUT__(\d{1,4})$/.exec(name)?.[1];
  const found =
    inputs.find((input) => input.name === name) ?? (ordinal === undefined ? undefined : inputs[Number(ordinal)]);
  return found ?? { name, datatype: '', shape: [-1] };
}

/** The only input of a model. @throws ERR_INVALID_INPUT naming the inputs of one that has others */
export function onlyInput(inputs: readonly TensorMetadata[], what: string): TensorMetadata {
  const [input, ...others] = inputs;
  if (input && others.length === 0) return input;
  const names = inputs.map(({ name }) => name).join(', ') || 'none';
  throw torchError('ERR_INVALID_INPUT', `Expected an object with the inputs ${names} for ${what}`);
}

function isText(value: unknown): boolean {
  let first = value;
  while (Array.isArray(first)) first = (first as unknown[])[0];
  return typeof first === 'string' || isBase64(first);
}

/** Texts, also those that are base64 of UTF-8. Anything else is refused by whoever reads them. */
function textsOf(value: unknown): Value {
  if (Array.isArray(value)) return value.map(textsOf);
  return isBase64(value) ? bytesOfBase64(value.b64).toString('utf8') : (value as Value);
}

/** A value for messages: its kind, never what it holds. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'a string';
  return typeof value === 'number' || typeof value === 'bigint' ? 'a number' : describe(value);
}
