/**
 * Messages with tensors of the Open Inference Protocol over REST, read: JSON, with or without the bytes of tensors behind it.
 * Sources: the protocol's `inference_rest.md`, Triton's `docs/protocol/extension_binary_data.md`.
 */
import { describe, torchError } from '../errors.js';
import { elementCount, formatShape } from '../tensor/shape.js';
import { Pieces } from './binary/pieces.js';
import { tensorOfBytes } from './binary/tensor-bytes.js';
import { bytesOf } from './datatype.js';
import { limits } from './json/limits.js';
import { readParameters } from './json/parameters.js';
import { invalid, JsonReader } from './json/reader.js';
import { readTensor, type ReadOptions, type TensorHead } from './json/tensor-head.js';
import type {
  InferRequest,
  InferResponse,
  NamedTensor,
  Parameters,
  RequestedOutput,
  TensorMetadata,
} from './messages.js';
import { flagOf, requireSupported, sizeOf } from './parameters.js';

/** The name of the header that says how many bytes of a body are JSON, in lower case. */
export const headerLengthName = 'inference-header-content-length';

/**
 * What the header `Inference-Header-Content-Length` says.
 * @throws ERR_BAD_REQUEST for what is no integer from 0 up
 */
export function headerLengthOf(header: string): number {
  const length = Number(header);
  if (/^\d{1,15}$/.test(header) && Number.isSafeInteger(length)) return length;
  throw invalid(
    `Expected an integer of at least 0 in the header Inference-Header-Content-Length but received ${describe(header)}`,
  );
}

/** How a message is read. */
export interface DecodeOptions extends ReadOptions {
  /** Bytes of JSON at the front; undefined where all of them are JSON. */
  readonly headerLength?: number | undefined;
  /** Bytes of JSON that are read at most. Default: any. */
  readonly mostJson?: number;
}

const requestMembers = ['id', 'parameters', 'inputs', 'outputs'] as const;

/**
 * The request that a body holds. Members that the protocol does not know are ignored.
 * @throws ERR_MALFORMED_JSON; ERR_BAD_REQUEST for another form; ERR_INVALID_SHAPE, ERR_INVALID_DTYPE, ERR_INVALID_INPUT and
 * ERR_OUT_OF_RANGE for tensors that are not what they say
 *
 * @example
 * const body = Pieces.of(Buffer.from('{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1,NaN]}]}'));
 * const { inputs } = decodeRequest(body); // [{ name: 'x', content: Tensor }]
 */
export function decodeRequest(body: Pieces, options: DecodeOptions = {}): InferRequest {
  return requestOf(readHead(headerOf(body, options), options), body, options);
}

/** What the JSON of a request says. */
export interface RequestHead extends Omit<InferRequest, 'inputs'> {
  readonly heads: readonly TensorHead[];
}

/** The JSON of a request, by itself: its binary tensors need not be there. @throws as decodeRequest */
export function readHead(json: Buffer, options: ReadOptions = {}): RequestHead {
  const reader = new JsonReader(json);
  let id: string | undefined;
  let parameters: Parameters | undefined;
  let heads: TensorHead[] | undefined;
  let outputs: RequestedOutput[] | undefined;
  reader.members('the request', requestMembers, (member) => {
    if (member !== 'inputs' && reader.takeNull()) return;
    if (member === 'id') id = reader.string('the id', limits.id);
    else if (member === 'parameters') parameters = readParameters(reader, 'parameters of the request');
    else if (member === 'inputs') heads = readTensors(reader, 'input', options);
    else outputs = readOutputs(reader);
  });
  reader.end();
  if (!heads) throw invalid('Expected the member inputs in the request');
  flagOf(parameters, 'binary_data_output', 'the request');
  requireSupported({ parameters, inputs: heads, outputs });
  return { ...(id !== undefined && { id }), ...(parameters && { parameters }), heads, ...(outputs && { outputs }) };
}

/** How many bytes each binary tensor of a request says it has. @throws ERR_BAD_REQUEST */
export function binarySizes({ heads }: RequestHead): number[] {
  return heads.flatMap(({ parameters, where }) => sizeOf(parameters, 'binary_data_size', where) ?? []);
}

/** The request of a head whose binary tensors lie behind it in the body. @throws as decodeRequest */
export function requestOf({ heads, ...head }: RequestHead, body: Pieces, options: DecodeOptions = {}): InferRequest {
  return { inputs: withBytes(body, heads, options), ...head };
}

const responseMembers = ['model_name', 'model_version', 'id', 'parameters', 'outputs'] as const;

/**
 * The response that a body holds.
 * @throws as decodeRequest
 */
export function decodeResponse(body: Pieces, options: DecodeOptions = {}): InferResponse {
  const reader = new JsonReader(headerOf(body, options));
  let id: string | undefined;
  let modelName = '';
  let modelVersion = '';
  let parameters: Parameters | undefined;
  let heads: TensorHead[] | undefined;
  reader.members('the response', responseMembers, (member) => {
    if (reader.takeNull()) return;
    if (member === 'model_name') modelName = reader.string('model_name', limits.name);
    else if (member === 'model_version') modelVersion = reader.string('model_version', limits.name);
    else if (member === 'id') id = reader.string('the id', limits.id);
    else if (member === 'parameters') parameters = readParameters(reader, 'parameters of the response');
    else heads = readTensors(reader, 'output', { ...options, isLenient: true });
  });
  reader.end();
  if (!heads) throw invalid('Expected the member outputs in the response');
  return {
    ...(id !== undefined && { id }),
    modelName,
    modelVersion,
    ...(parameters && { parameters }),
    outputs: withBytes(body, heads, options),
  };
}

/**
 * The request that raw bytes are: those of the only input of a model, with nothing around them.
 * @param inputs of the model
 * @throws ERR_BAD_REQUEST for a model that they cannot be enough for; ERR_INVALID_SHAPE for a number of bytes that does not fit
 */
export function rawRequest(body: Pieces, inputs: readonly TensorMetadata[]): InferRequest {
  const [input, ...others] = inputs;
  if (!input || others.length > 0) {
    throw invalid(`Expected a model with one input for a raw binary request but this one has ${inputs.length}`);
  }
  const { name, datatype } = input;
  if (datatype === '')
    throw invalid(`Expected a model that says its datatype for a raw binary request; send ${name} with a JSON header`);
  const where = `input ${describe(name)}`;
  const size = bytesOf(datatype);
  const shape = size === undefined ? input.shape.map(() => 1) : rawShape(input.shape, body.length / size, where);
  const elements = elementCount(shape);
  // A single element of BYTES comes without its length.
  const content =
    size === undefined
      ? { shape, data: [textOf(body, where)] }
      : tensorOfBytes(body, 0, body.length, { datatype, shape, elements, where });
  return { inputs: [{ name, content }], parameters: { binary_data_output: true } };
}

/** One free dimension is what the others leave; a second one, in front, is a batch of one. */
function rawShape(shape: readonly number[], elements: number, where: string): readonly number[] {
  const open = shape.flatMap((size, axis) => (size === -1 ? [axis] : []));
  const isBatch = open.length === 2 && open[0] === 0;
  if (open.length > 1 && !isBatch)
    throw invalid(`Expected at most one free dimension for a raw binary request but ${where} has ${open.length}`);
  const own = isBatch ? shape.with(0, 1) : [...shape];
  const at = own.indexOf(-1);
  const known = own.reduce((product, size) => product * Math.abs(size), 1);
  if (at === -1) return own;
  if (known > 0 && Number.isInteger(elements / known)) return own.with(at, elements / known);
  throw torchError(
    'ERR_INVALID_SHAPE',
    `unexpected size for ${where}: expected bytes that fill shape ${formatShape(shape)} but received ${elements} elements`,
  );
}

function textOf(body: Pieces, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body.range(0, body.length));
  } catch {
    throw torchError('ERR_INVALID_INPUT', `Expected UTF-8 for ${where} but received other bytes`);
  }
}

function headerOf(body: Pieces, { headerLength = body.length, mostJson = Infinity }: DecodeOptions): Buffer {
  if (headerLength > body.length) {
    throw invalid(
      `Expected a body of at least the ${headerLength} bytes of Inference-Header-Content-Length but received ${body.length}`,
    );
  }
  if (headerLength > mostJson) {
    throw torchError(
      'ERR_PAYLOAD_TOO_LARGE',
      `Expected at most ${mostJson} bytes of JSON but received ${headerLength}`,
    );
  }
  return body.range(0, headerLength);
}

function readTensors(reader: JsonReader, what: string, options: ReadOptions): TensorHead[] {
  const heads: TensorHead[] = [];
  reader.items(`${what}s`, limits.tensors, (i) => heads.push(readTensor(reader, what, i, options)));
  let strings = 0;
  for (const { datatype, elements } of heads) if (datatype === 'BYTES') strings += elements;
  if (strings > limits.strings) throw invalid(`Expected at most ${limits.strings} strings but received ${strings}`);
  return heads;
}

const outputMembers = ['name', 'parameters'] as const;

function readOutputs(reader: JsonReader): RequestedOutput[] {
  const outputs: RequestedOutput[] = [];
  reader.items('outputs', limits.tensors, (i) => {
    let name: string | undefined;
    let parameters: Parameters | undefined;
    reader.members(`output ${i}`, outputMembers, (member) => {
      if (member === 'name') name = reader.string(`the name of output ${i}`, limits.name);
      else if (!reader.takeNull()) parameters = readParameters(reader, `parameters of output ${i}`);
    });
    if (name === undefined) throw invalid(`Expected name in output ${i}`);
    flagOf(parameters, 'binary_data', `output ${describe(name)}`);
    outputs.push({ name, ...(parameters && { parameters }) });
  });
  return outputs;
}

/** The tensors, with the values of those that lie behind the JSON, one after the other. */
function withBytes(body: Pieces, heads: readonly TensorHead[], { headerLength }: DecodeOptions): NamedTensor[] {
  let at = headerLength ?? body.length;
  const tensors = heads.map((head): NamedTensor => {
    const { name, parameters, where, elements, content } = head;
    const size = sizeOf(parameters, 'binary_data_size', where);
    if (size !== undefined && content)
      throw invalid(`Expected either data or binary_data_size for ${where} but received both`);
    if (size !== undefined && headerLength === undefined && size > 0)
      throw invalid(`Expected the header Inference-Header-Content-Length with the binary data of ${where}`);
    if (size !== undefined && size > body.length - at)
      throw invalid(
        `unexpected size for ${where}: expected ${size} bytes but ${body.length - at} are left in the body`,
      );
    if (size === undefined && !content && elements > 0)
      throw invalid(`Expected data or the parameter binary_data_size for ${where}`);
    const own = content ?? tensorOfBytes(body, at, size ?? 0, head);
    at += size ?? 0;
    return { name, content: own, ...(parameters && { parameters }) };
  });
  if (at < body.length)
    throw invalid(`unexpected additional input data: ${body.length - at} bytes behind the last tensor`);
  return tensors;
}
