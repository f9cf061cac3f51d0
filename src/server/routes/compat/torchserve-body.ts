/** What TorchServe's handlers take for the data of a request: an image, JSON, raw bytes, or a form with one of them. */
import type { IncomingMessage } from 'node:http';
import { torchError } from '../../../errors.js';
import { datatypeTable } from '../../../protocol/datatype.js';
import type { NamedTensor, TensorContent, TensorMetadata } from '../../../protocol/messages.js';
import type { ServedModel } from '../../../serving/index.js';
import { isImage } from '../../../tasks/image/formats.js';
import { dtypeTable, type TensorData as Elements } from '../../../tensor/dtype.js';
import { elementCount, formatShape } from '../../../tensor/shape.js';
import { Tensor } from '../../../tensor/tensor.js';
import type { ServerCall } from '../../call.js';
import type { ServerContext } from '../../context.js';
import { invalidBody } from '../../codec/body-form.js';
import { bodyBytes, foreignJson, jsonOf } from '../../codec/json-body.js';
import { bytesOfBase64, contentOf, inputNamed, isBase64, isObject, onlyInput, requireFew } from '../../codec/values.js';
import { interfaceOf } from '../../inference/model-interface.js';
import { maxImages } from '../../schemas/predict.js';
import { requireImages } from '../predict-task.js';
import { rowInputs } from './instances.js';

/** Rows of numbers, or texts. */
export interface TensorData {
  readonly form: 'tensors';
  readonly inputs: readonly NamedTensor[];
  /** Rows. */
  readonly count: number;
  /** It was one row, and its answer is one. */
  readonly isOne: boolean;
  /** It came as `{"instances": […]}`, and is answered as `{"predictions": […]}`. */
  readonly isEnvelope: boolean;
}

export interface ImageData {
  readonly form: 'images';
  readonly images: readonly Buffer[];
  readonly isOne: boolean;
  readonly isEnvelope: boolean;
}

/** Names that a value may stand under, alone, as in TorchServe's handlers. */
const wrappers = ['data', 'body'];

/** A body, read, before a model was asked what it is. */
type Content =
  | { readonly form: 'json'; readonly value: unknown }
  | { readonly form: 'bytes'; readonly bytes: Buffer; readonly type: string }
  | { readonly form: 'images'; readonly images: readonly Buffer[] };

/**
 * Reads the body of a request.
 * @throws ERR_PAYLOAD_TOO_LARGE, ERR_UNSUPPORTED_MEDIA_TYPE, ERR_MALFORMED_JSON, ERR_VALIDATION, ERR_BAD_REQUEST, ClientGone
 */
export async function readContent(req: IncomingMessage, { bodyLimits, imageLimits }: ServerContext): Promise<Content> {
  const type = req.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const json = type === 'multipart/form-data' ? undefined : foreignJson(req);
  if (json !== undefined) return { form: 'json', value: json };
  if (type === 'application/json') return { form: 'json', value: await jsonOf(await bodyBytes(req, bodyLimits.json)) };
  const fileBytes = Math.max(bodyLimits.octets, imageLimits.bytes);
  const bytes = await bodyBytes(req, fileBytes);
  if (type !== 'multipart/form-data') return { form: 'bytes', bytes, type };
  const { readForm } = await import('../../codec/multipart.js');
  // A field holds the whole request, such as `curl -F 'data=[…]'` sends it.
  const limits = { fileBytes, files: maxImages, fields: wrappers, fieldBytes: bodyLimits.json };
  const { files, fields } = await readForm(bytes, req.headers['content-type'] ?? '', limits);
  const parts = [...files.map((file) => file.bytes), ...[...fields.values()].map((text) => Buffer.from(text))];
  const [part, ...more] = parts;
  if (!part) throw invalidBody('', 'expected a file, or a field data or body, in the form but received none');
  if (more.length === 0) return { form: 'bytes', bytes: part, type: '' };
  if (!parts.every(isImage)) throw invalidBody('', `expected one part, or images, but received ${parts.length} parts`);
  return { form: 'images', images: parts };
}

/**
 * What a body is for a model. The bytes decide what they are, except where `content-type` says JSON or raw bytes: `curl -T`
 * sends none, and `curl --data` that of a form.
 * @throws ERR_PAYLOAD_TOO_LARGE, ERR_MALFORMED_JSON, ERR_VALIDATION, ERR_INVALID_SHAPE, ERR_INVALID_INPUT, ERR_OUT_OF_RANGE,
 * ERR_TASK (an image for a model that takes none)
 */
export async function dataOf(content: Content, call: ServerCall, served: ServedModel): Promise<TensorData | ImageData> {
  if (content.form === 'images') return ofImages(content.images, served, false);
  if (content.form === 'json') return ofJson(content.value, call, served);
  return ofBytes(content.bytes, content.type, call, served);
}

async function ofBytes(
  bytes: Buffer,
  type: string,
  call: ServerCall,
  served: ServedModel,
): Promise<TensorData | ImageData> {
  if (isImage(bytes) || type.startsWith('image/')) return ofImages([bytes], served, true);
  const [input] = interfaceOf(served).inputs;
  if (type === 'application/octet-stream') return ofRaw(bytes, onlyInput(interfaceOf(served).inputs, 'raw bytes'));
  if (input?.datatype === 'BYTES' && (type.startsWith('text/') || !looksLikeJson(bytes))) {
    return ofValue(bytes.toString('utf8'), served);
  }
  const { json } = call.context.bodyLimits;
  if (bytes.length > json) {
    throw torchError('ERR_PAYLOAD_TOO_LARGE', `Expected JSON of at most ${json} bytes but received more`);
  }
  return ofJson(await jsonOf(bytes), call, served);
}

function looksLikeJson(bytes: Buffer): boolean {
  return /^\s*["[{]/.test(bytes.toString('latin1', 0, 64));
}

/** @throws ERR_TASK */
function ofImages(images: readonly Buffer[], served: ServedModel, isOne: boolean): ImageData {
  requireImages(served);
  return { form: 'images', images, isOne, isEnvelope: false };
}

/** Little-endian elements of one row, or of several. */
function ofRaw(bytes: Buffer, { name, datatype, shape }: TensorMetadata): TensorData {
  const { dtype } = datatypeTable[datatype || 'FP32'];
  const [, ...row] = shape;
  if (!dtype || datatype === '' || row.some((size) => size < 0)) {
    throw torchError('ERR_INVALID_INPUT', `Expected JSON for ${name}, whose dtype and shape the model does not say`);
  }
  const { array: Elements, bytes: elementBytes } = dtypeTable[dtype];
  const rowBytes = elementCount(row) * elementBytes;
  const count = bytes.length / rowBytes;
  if (!Number.isInteger(count) || count < 1) {
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected rows of ${rowBytes} bytes (${dtype} ${formatShape(row)}) for ${name} but received ${bytes.length} bytes`,
    );
  }
  // A copy of its own, which is aligned.
  const own = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const data = new Elements(own as ArrayBuffer) as Elements;
  const content = new Tensor(dtype, data, [count, ...row]);
  return { form: 'tensors', inputs: [{ name, content }], count, isOne: count === 1, isEnvelope: false };
}

async function ofJson(given: unknown, call: ServerCall, served: ServedModel): Promise<TensorData | ImageData> {
  const { inputs } = interfaceOf(served);
  const isInput = (name: string): boolean => inputs.some((input) => input.name === name);
  let value = given;
  if (isObject(given)) {
    const names = Object.keys(given);
    const [name = ''] = names;
    if (names.length === 1 && !isInput(name)) {
      if (name === 'instances') return ofInstances(given['instances'], call, served);
      if (wrappers.includes(name)) value = given[name];
    }
  }
  if (served.task?.image) {
    const image = encodedImage(value);
    if (image) return ofImages([image], served, true);
    if (Array.isArray(value)) {
      const images = value.map(encodedImage);
      if (images.length > 0 && images.length <= maxImages && images.every((item) => item !== undefined)) {
        return ofImages(images, served, false);
      }
    }
  }
  return ofValue(value, served);
}

/** Base64, as TorchServe's `image_classifier` takes it: a text, or `{"b64": …}`. */
function encodedImage(value: unknown): Buffer | undefined {
  if (typeof value === 'string') return bytesOfBase64(value);
  if (isBase64(value)) return bytesOfBase64(value.b64);
  return isObject(value) && Object.keys(value).length === 1 && wrappers.includes(Object.keys(value)[0] ?? '')
    ? encodedImage(Object.values(value)[0])
    : undefined;
}

/** One row, or all of them: a value that has as many dimensions as the input, first of all the batch, is the whole. */
function ofValue(value: unknown, served: ServedModel): TensorData {
  const { inputs } = interfaceOf(served);
  const isNamed = isObject(value) && !isBase64(value) && !('dtype' in value && 'data' in value);
  if (isNamed) requireFew(Object.keys(value));
  const given = isNamed
    ? Object.entries(value).map(([name, item]) => ({ input: inputNamed(name, inputs), name, item }))
    : [onlyInput(inputs, 'the body')].map((input) => ({ input, name: input.name, item: value }));
  if (given.length === 0) throw invalidBody('', 'expected a value for each input but received an empty object');
  const contents = given.map(({ input, item }) => contentOf(item, input));
  const isOne = contents.every((content, i) => isRow(content, (given[i] as { input: TensorMetadata }).input));
  const named = given.map(({ name }, i) => ({
    name,
    content: isOne ? asRow(contents[i] as TensorContent) : (contents[i] as TensorContent),
  }));
  return { form: 'tensors', inputs: named, count: named[0]?.content.shape[0] ?? 1, isOne, isEnvelope: false };
}

/** Whether it lacks the batch. Where the model does not say how many dimensions there are, TorchServe's handlers add one. */
function isRow({ shape }: TensorContent, { datatype, shape: wanted }: TensorMetadata): boolean {
  return datatype === '' ? true : shape.length === wanted.length - 1;
}

function asRow(content: TensorContent): TensorContent {
  const shape = [1, ...content.shape];
  return content instanceof Tensor ? content.reshape(shape) : { shape, data: content.data };
}

/** Rows in KServe's envelope. */
async function ofInstances(instances: unknown, call: ServerCall, served: ServedModel): Promise<TensorData | ImageData> {
  if (!Array.isArray(instances)) throw invalidBody('/instances', 'expected "instances" to be a list');
  const rows = instances.map((row: unknown) => {
    const [only, ...more] = isObject(row) ? Object.entries(row) : [];
    return only && more.length === 0 && wrappers.includes(only[0]) ? only[1] : row;
  });
  if (served.task?.image && rows.length > 0 && rows.length <= maxImages) {
    const images = rows.map(encodedImage);
    if (images.every((image) => image !== undefined)) return { ...ofImages(images, served, false), isEnvelope: true };
  }
  const inputs = await rowInputs(call, served, rows);
  return { form: 'tensors', inputs, count: rows.length, isOne: false, isEnvelope: true };
}
