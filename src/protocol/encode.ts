/** Messages with tensors of the Open Inference Protocol over REST, written. `decode.ts` names the sources. */
import { datatypeOf } from './datatype.js';
import { bytesOfTensor } from './binary/tensor-bytes.js';
import { writeData } from './json/write-data.js';
import { writeParameters } from './json/parameters.js';
import { Tensor } from '../tensor/tensor.js';
import type { InferRequest, InferResponse, NamedTensor, Parameters, RequestedOutput } from './messages.js';

/** A message as it goes over the wire. */
export interface EncodedMessage {
  readonly contentType: 'application/json' | 'application/octet-stream';
  /** What the header `Inference-Header-Content-Length` says; undefined where all is JSON. */
  readonly headerLength: number | undefined;
  /** One after the other. Those of tensors are not copied: they must not be written to before they are sent. */
  readonly parts: readonly Uint8Array[];
  /** Bytes of all parts. */
  readonly length: number;
}

/** Parameters by which a caller asks for an output, and that an answer does not repeat. */
const requestOnly = new Set(['binary_data', 'classification']);

/**
 * A response. It yields after some milliseconds of work, so that a caller can let others have a turn.
 * @param isBinary whether an output goes as bytes behind the JSON
 */
export function* encodeResponse(
  { id, modelName, modelVersion, parameters, outputs }: InferResponse,
  isBinary: (output: NamedTensor) => boolean,
): Generator<undefined, EncodedMessage> {
  const message = new MessageWriter();
  message.member('model_name', JSON.stringify(modelName));
  message.member('model_version', JSON.stringify(modelVersion));
  message.members(id, parameters);
  yield* message.tensors('outputs', outputs, isBinary);
  return message.end();
}

/** A request, as `encodeResponse`. */
export function* encodeRequest(
  { id, parameters, inputs, outputs }: InferRequest,
  isBinary: (input: NamedTensor) => boolean,
): Generator<undefined, EncodedMessage> {
  const message = new MessageWriter();
  message.members(id, parameters);
  yield* message.tensors('inputs', inputs, isBinary);
  if (outputs) message.member('outputs', `[${outputs.map(outputText).join(',')}]`);
  return message.end();
}

/** Does all of a work that yields at once. */
export function complete<T>(work: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

function outputText({ name, parameters }: RequestedOutput): string {
  const text = writeParameters(parameters);
  return `{"name":${JSON.stringify(name)}${text === undefined ? '' : `,"parameters":${text}`}}`;
}

/** Texts of JSON are encoded when there are many. */
const textsOfPart = 256 * 1024;

class MessageWriter {
  readonly #header: Buffer[] = [];
  readonly #binary: Uint8Array[] = [];
  #text = '';
  #isBegun = false;

  private add(text: string): void {
    this.#text += text;
    if (this.#text.length > textsOfPart) this.#flush();
  }

  member(name: string, value: string): void {
    this.add(`${this.#isBegun ? ',' : '{'}"${name}":${value}`);
    this.#isBegun = true;
  }

  members(id: string | undefined, parameters: Parameters | undefined): void {
    if (id !== undefined) this.member('id', JSON.stringify(id));
    const text = writeParameters(parameters);
    if (text !== undefined) this.member('parameters', text);
  }

  *tensors(
    member: string,
    tensors: readonly NamedTensor[],
    isBinary: (tensor: NamedTensor) => boolean,
  ): Generator<undefined> {
    this.member(member, '[');
    for (const [i, tensor] of tensors.entries()) {
      if (i > 0) this.add(',');
      yield* this.#tensor(tensor, isBinary(tensor));
    }
    this.add(']');
  }

  *#tensor({ name, content, parameters }: NamedTensor, isBinary: boolean): Generator<undefined> {
    const datatype = content instanceof Tensor ? datatypeOf(content.dtype) : 'BYTES';
    this.add(`{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${content.shape.join(',')}]`);
    const own = Object.entries(parameters ?? {}).filter(([key]) => !requestOnly.has(key) && key !== 'binary_data_size');
    if (isBinary) {
      const bytes = bytesOfTensor(content);
      own.push(['binary_data_size', bytes.byteLength]);
      if (bytes.byteLength > 0) this.#binary.push(bytes);
    }
    const text = own.length === 0 ? undefined : writeParameters(Object.fromEntries(own));
    if (text !== undefined) this.add(`,"parameters":${text}`);
    if (!isBinary) {
      this.add(',"data":[');
      let isFirst = true;
      for (const elements of writeData(content)) {
        if (!isFirst) yield;
        isFirst = false;
        this.add(elements);
      }
      this.add(']');
    }
    this.add('}');
  }

  end(): EncodedMessage {
    this.#text += '}';
    this.#flush();
    const headerLength = this.#header.reduce((sum, part) => sum + part.length, 0);
    const isBinary = this.#binary.length > 0;
    const parts = [...this.#header, ...this.#binary];
    return {
      contentType: isBinary ? 'application/octet-stream' : 'application/json',
      headerLength: isBinary ? headerLength : undefined,
      parts,
      length: parts.reduce((sum, part) => sum + part.byteLength, 0),
    };
  }

  #flush(): void {
    this.#header.push(Buffer.from(this.#text));
    this.#text = '';
  }
}
