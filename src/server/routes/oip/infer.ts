import { Pieces } from '../../../protocol/binary/pieces.js';
import {
  binarySizes,
  decodeRequest,
  headerLengthName,
  headerLengthOf,
  rawRequest,
  readHead,
  requestOf,
  type RequestHead,
} from '../../../protocol/decode.js';
import { encodeResponse, type EncodedMessage } from '../../../protocol/encode.js';
import type { InferRequest, NamedTensor } from '../../../protocol/messages.js';
import type { ServedModel } from '../../../serving/index.js';
import type { ServerContext } from '../../context.js';
import { bytesOfForeignJson } from '../../codec/json-body.js';
import { foreignBody, readPieces } from '../../http/body.js';
import type { BodyCut } from '../../http/body-pieces.js';
import { responseEncodingOf } from '../../http/encoding.js';
import type { Exchange, Handler, PathParameters } from '../../http/exchange.js';
import { smallText } from '../../http/json.js';
import { room } from '../../http/turn.js';
import { admit, infer, mostUrgent } from '../../inference/infer.js';
import { interfaceOf } from '../../inference/model-interface.js';
import { targetOf } from '../target.js';

/** `POST /v2/models/:model/infer`, in JSON, with binary tensors, or raw. */
export function inference(context: ServerContext): Handler {
  return (exchange, parameters) => answer(exchange, parameters, context);
}

async function answer(exchange: Exchange, parameters: PathParameters, context: ServerContext): Promise<void> {
  const { call, req } = exchange;
  const target = targetOf(parameters);
  call.limitTo(exchange.timeLimit);
  const served = admit(call, target, mostUrgent);
  const given = req.headers[headerLengthName];
  const headerLength = given === undefined ? undefined : headerLengthOf(String(given));
  const reading = new RequestReading(context, headerLength);
  const body = await bodyOf(exchange, context.bodyLimits[headerLength === undefined ? 'json' : 'octets'], reading.cut);
  // Others that are ready with theirs have their turn.
  const wait = body.length > smallText ? room() : undefined;
  if (wait) await wait;
  const request = reading.request(body, served);
  const response = await infer(call, target, request);
  const message = await inTurns(encodeResponse(response, binaryOutputs(request)));
  await send(exchange, message);
}

async function bodyOf({ req }: Exchange, limit: number, cut: BodyCut | undefined): Promise<Pieces> {
  const foreign = foreignBody(req);
  return foreign === undefined ? readPieces(req, limit, cut) : Pieces.of(bytesOfForeignJson(foreign));
}

/** How one request is read: where it is binary, its tensors land where a run reads them as they come. */
class RequestReading {
  readonly cut: BodyCut | undefined;
  readonly #context: ServerContext;
  readonly #headerLength: number | undefined;
  /** Read as soon as it had come. */
  #head: RequestHead | undefined;

  constructor(context: ServerContext, headerLength: number | undefined) {
    this.#context = context;
    this.#headerLength = headerLength;
    if (headerLength !== undefined) this.cut = { front: headerLength, sizes: this.#sizes, allocate: this.#allocate };
  }

  readonly #sizes = (json: Buffer, rest: number): readonly number[] | undefined => {
    if (json.length === 0) return [rest];
    if (json.length > this.#context.bodyLimits.json) return undefined;
    try {
      const head = readHead(json, { parser: this.#context.host });
      const sizes = binarySizes(head);
      this.#head = head;
      return sizes;
    } catch {
      return undefined; // said once the body has come
    }
  };

  readonly #allocate = (bytes: number): ArrayBuffer => {
    const { host } = this.#context;
    return (bytes >= smallText ? host.allocateTensor?.(bytes) : undefined) ?? new ArrayBuffer(bytes);
  };

  request(body: Pieces, served: ServedModel): InferRequest {
    const headerLength = this.#headerLength;
    const { host, bodyLimits } = this.#context;
    if (headerLength === 0) return rawRequest(body, interfaceOf(served).inputs);
    const options = { headerLength, parser: host, mostJson: bodyLimits.json };
    return this.#head ? requestOf(this.#head, body, options) : decodeRequest(body, options);
  }
}

/** Which outputs go as bytes: each as it was asked for, else as the request says for all. */
function binaryOutputs({ parameters }: InferRequest): (output: NamedTensor) => boolean {
  const all = parameters?.binary_data_output === true;
  return ({ parameters: own }) => {
    const asked = own?.binary_data;
    return typeof asked === 'boolean' ? asked : all;
  };
}

/** Does work that yields, and lets others have their turn where it does. */
async function inTurns<T>(work: Generator<unknown, T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    const wait = room();
    if (wait) await wait;
  }
}

/** Smaller answers do not become smaller. */
const worthCompressing = 1024;

async function send(exchange: Exchange, message: EncodedMessage): Promise<void> {
  const { contentType, headerLength, parts } = message;
  // It counts bytes before compression.
  const headers = headerLength === undefined ? {} : { 'Inference-Header-Content-Length': headerLength };
  const encoding = responseEncodingOf(exchange.req.headers['accept-encoding']);
  // Numbers as bytes hardly become smaller, so a client that merely lists what it can read gets them as they are.
  const isWorth = encoding?.isAskedFor === true || (headerLength === undefined && message.length >= worthCompressing);
  if (!encoding || !isWorth) {
    exchange.send(200, contentType, parts, headers);
    return;
  }
  const bytes = await encoding.encode(Buffer.concat(parts));
  exchange.send(200, contentType, [bytes], { 'content-encoding': encoding.name, ...headers });
}
