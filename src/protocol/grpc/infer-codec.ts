import { describe, torchError } from '../../errors.js';
import { elementCount } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { Pieces } from '../binary/pieces.js';
import { bytesOfTensor, tensorOfBytes } from '../binary/tensor-bytes.js';
import { datatypeOf, requireDatatype, type Datatype } from '../datatype.js';
import { limits } from '../json/limits.js';
import type {
  InferRequest,
  InferResponse,
  NamedTensor,
  Parameters,
  ParameterValue,
  RequestedOutput,
  TensorContent,
} from '../messages.js';
import { requireSupported } from '../parameters.js';
import type {
  WireInferRequest,
  WireInferResponse,
  WireParameter,
  WireParameters,
  WireTensor,
} from './infer-messages.js';
import { canBeTyped, readTyped, writeTyped } from './typed-contents.js';

/** The model and the version that a request names; undefined is the default version. */
export interface Addressed {
  readonly model: string;
  readonly version: string | undefined;
}

export function addressOf({ model_name, model_version }: WireInferRequest): Addressed {
  return { model: model_name, version: model_version === '' ? undefined : model_version };
}

/** Whether its inputs are raw bytes: its answer is then, too. */
export function isRaw({ inputs, raw_input_contents }: WireInferRequest): boolean {
  return raw_input_contents.length > 0 || inputs.length === 0;
}

/**
 * What a request says. Raw contents that lie aligned are views of the message; other tensors have memory of their own.
 * @throws ERR_INVALID_INPUT, ERR_INVALID_DTYPE, ERR_INVALID_SHAPE, ERR_OUT_OF_RANGE for inputs that are not what they say
 */
export function requestOf(wire: WireInferRequest): InferRequest {
  const { id, parameters, inputs, outputs } = wire;
  requireShort('the id', id, limits.id);
  requireFew('inputs', inputs.length);
  requireFew('outputs', outputs.length);
  const request: InferRequest = {
    ...(id !== '' && { id }),
    ...parametersOf(parameters),
    inputs: tensorsOf(inputs, wire.raw_input_contents as readonly Buffer[], 'input'),
    ...(outputs.length > 0 && {
      outputs: outputs.map(({ name, parameters: own }): RequestedOutput => {
        requireShort('the name of an output', name, limits.name);
        return { name, ...parametersOf(own) };
      }),
    }),
  };
  requireFewStrings(request.inputs);
  requireSupported(request);
  return request;
}

/** What is no safe integer would be rounded, and the message would name another size. */
function dimensionOf(size: number | bigint): number {
  if (typeof size === 'number') return size;
  throw torchError('ERR_INVALID_SHAPE', `Expected sizes below 2^53 in a shape but received ${size}`);
}

function requireFew(what: string, count: number): void {
  if (count <= limits.tensors) return;
  throw torchError('ERR_INVALID_INPUT', `Expected at most ${limits.tensors} ${what} but received ${count}`);
}

function requireShort(what: string, text: string, most: number): void {
  if (text.length <= most) return;
  throw torchError('ERR_INVALID_INPUT', `Expected at most ${most} characters for ${what} but received ${text.length}`);
}

/** Each becomes a string, as in JSON. */
function requireFewStrings(tensors: readonly NamedTensor[]): void {
  let strings = 0;
  for (const { content } of tensors) if (!(content instanceof Tensor)) strings += content.data.length;
  if (strings <= limits.strings) return;
  throw torchError('ERR_INVALID_INPUT', `Expected at most ${limits.strings} strings but received ${strings}`);
}

/** What an answer says. @throws as `requestOf` */
export function responseOf(wire: WireInferResponse): InferResponse {
  const { id, model_name, model_version, parameters, outputs } = wire;
  return {
    ...(id !== '' && { id }),
    modelName: model_name,
    modelVersion: model_version,
    ...parametersOf(parameters),
    outputs: tensorsOf(outputs, wire.raw_output_contents as readonly Buffer[], 'output'),
  };
}

/** A request with its inputs as raw bytes, where they lie. */
export function wireRequest({ model, version }: Addressed, request: InferRequest): WireInferRequest {
  const { id = '', parameters, inputs, outputs = [] } = request;
  return {
    model_name: model,
    model_version: version ?? '',
    id,
    parameters: wireParameters(parameters),
    inputs: inputs.map((input) => wireTensor(input)),
    outputs: outputs.map((output) => ({ name: output.name, parameters: wireParameters(output.parameters) })),
    raw_input_contents: inputs.map(({ content }) => bytesOfTensor(content)),
  };
}

/** @param raw outputs as raw bytes, where they lie; else typed, where every output can be */
export function wireResponse(response: InferResponse, raw: boolean): WireInferResponse {
  const { id = '', modelName, modelVersion, parameters, outputs } = response;
  // One answer has outputs of one form.
  const isTyped = !raw && outputs.every(({ content }) => canBeTyped(datatypeOfContent(content), content));
  return {
    model_name: modelName,
    model_version: modelVersion,
    id,
    parameters: wireParameters(parameters),
    outputs: outputs.map((output) => ({
      ...wireTensor(output),
      ...(isTyped && { contents: writeTyped(datatypeOfContent(output.content), output.content) }),
    })),
    raw_output_contents: isTyped ? [] : outputs.map(({ content }) => bytesOfTensor(content)),
  };
}

function tensorsOf(tensors: readonly WireTensor[], raw: readonly Buffer[], kind: 'input' | 'output'): NamedTensor[] {
  if (raw.length === 0) return tensors.map((tensor) => ({ ...namedTensor(tensor, undefined, kind) }));
  const typed = tensors.find(({ contents }) => contents !== undefined);
  if (typed) {
    throw torchError(
      'ERR_INVALID_INPUT',
      `Expected no contents for ${kind} ${describe(typed.name)}, because the message has raw_${kind}_contents`,
    );
  }
  if (raw.length !== tensors.length) {
    throw torchError(
      'ERR_INVALID_INPUT',
      `Expected as many raw_${kind}_contents as ${kind}s, ${tensors.length}, but received ${raw.length}`,
    );
  }
  return tensors.map((tensor, i) => namedTensor(tensor, raw[i], kind));
}

function namedTensor(tensor: WireTensor, raw: Buffer | undefined, kind: string): NamedTensor {
  const { name, parameters } = tensor;
  requireShort(`the name of an ${kind}`, name, limits.name);
  const where = `${kind} ${describe(name)}`;
  const datatype = requireDatatype(tensor.datatype, where);
  const shape = tensor.shape.map(dimensionOf);
  const elements = elementCount(shape);
  return { name, content: contentOf(where, datatype, shape, elements, tensor, raw), ...parametersOf(parameters) };
}

function contentOf(
  where: string,
  datatype: Datatype,
  shape: readonly number[],
  elements: number,
  { contents }: WireTensor,
  raw: Buffer | undefined,
): TensorContent {
  if (raw) return tensorOfBytes(Pieces.of(raw), 0, raw.length, { where, datatype, shape, elements });
  return readTyped(where, datatype, shape, elements, contents ?? {});
}

function datatypeOfContent(content: TensorContent): Datatype {
  return content instanceof Tensor ? datatypeOf(content.dtype) : 'BYTES';
}

function wireTensor({ name, content, parameters }: NamedTensor): WireTensor {
  return { name, datatype: datatypeOfContent(content), shape: content.shape, parameters: wireParameters(parameters) };
}

function parametersOf(wire: WireParameters): { readonly parameters?: Parameters } {
  const names = Object.keys(wire);
  if (names.length === 0) return {};
  if (names.length > limits.parameters) {
    const message = `Expected at most ${limits.parameters} parameters but received ${names.length}`;
    throw torchError('ERR_INVALID_INPUT', message);
  }
  const parameters = Object.create(null) as Record<string, ParameterValue>;
  for (const name of names) {
    requireShort('the name of a parameter', name, limits.name);
    const value = valueOf(wire[name] as WireParameter);
    if (typeof value === 'string') requireShort(`the parameter ${describe(name)}`, value, limits.text);
    if (value === undefined) {
      throw torchError('ERR_INVALID_INPUT', `Expected a value for the parameter ${describe(name)} but received none`);
    }
    parameters[name] = value;
  }
  return { parameters };
}

function valueOf(parameter: WireParameter): ParameterValue | undefined {
  const { bool_param, int64_param, string_param, double_param, uint64_param } = parameter;
  return bool_param ?? int64_param ?? string_param ?? double_param ?? uint64_param;
}

function wireParameters(parameters: Parameters = {}): WireParameters {
  const wire = Object.create(null) as Record<string, WireParameter>;
  for (const [name, value] of Object.entries(parameters)) wire[name] = wireParameter(value);
  return wire;
}

const twoTo63 = 2n ** 63n;

function wireParameter(value: ParameterValue): WireParameter {
  if (typeof value === 'boolean') return { bool_param: value };
  if (typeof value === 'string') return { string_param: value };
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return { double_param: value };
  return BigInt(value) >= twoTo63 ? { uint64_param: value } : { int64_param: value };
}
