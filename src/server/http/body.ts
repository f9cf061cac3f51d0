import type { IncomingMessage, ServerResponse } from 'node:http';
import { torchError } from '../../errors.js';
import { tooLarge, type Body, type ReadLimits } from './body-bytes.js';
import { decoderOf } from './encoding.js';

/** The client closed the connection before its request was whole. */
export class ClientGone extends Error {
  constructor() {
    super('The client closed the connection');
  }
}

/** What a body may be; as `accept` says it in an answer to anything else. */
export const acceptedTypes = 'application/json, application/octet-stream';

export type BodyType = 'json' | 'octets';

/** The most bytes of a body, by its type, as sent and as decompressed. */
export type BodyLimits = Readonly<Record<BodyType, number>>;

/** What a charset of UTF-8 is called; `utf8` is no registered name, but many clients send it. */
const utf8Name = /^\s*"?utf-?8"?\s*$/;
/** A name that may stand in an answer. */
const harmlessName = /^\s*"?([\w.:+-]{1,40})"?\s*$/;

/**
 * What `content-type` says the body is: JSON, with UTF-8 as its charset if it names one, or raw numbers.
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE
 */
export function bodyTypeOf({ headers }: IncomingMessage): BodyType {
  const header = headers['content-type'];
  if (header === 'application/json') return 'json';
  if (header === undefined) throw unsupported('none');
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  const name = type.trim();
  if (name === 'application/octet-stream') return 'octets';
  if (name !== 'application/json') throw unsupported('another one');
  for (const parameter of parameters) {
    const [key = '', value = ''] = parameter.split('=');
    if (key.trim() === 'charset' && !utf8Name.test(value)) {
      const [, name = 'another one'] = harmlessName.exec(value) ?? [];
      throw torchError('ERR_UNSUPPORTED_MEDIA_TYPE', `Expected charset utf-8 but received ${name}`);
    }
  }
  return 'json';
}

function unsupported(got: string) {
  return torchError(
    'ERR_UNSUPPORTED_MEDIA_TYPE',
    `Expected content-type application/json or application/octet-stream but received ${got}`,
  );
}

const firstCapacity = 64 * 1024;
const believedFrom = 1024 * 1024;

/**
 * Pieces that a body may come in: so many, and one more for each so many bytes. A client whose pieces are a byte long
 * costs a thousand times what its bytes are worth.
 */
const freePieces = 16 * 1024;
const bytesOfPiece = 256;

/**
 * The whole body, decompressed.
 * @throws ERR_PAYLOAD_TOO_LARGE (too many tiny chunks as well), ERR_UNSUPPORTED_MEDIA_TYPE (unknown content-encoding),
 * ERR_BAD_REQUEST (broken compression), ClientGone
 */
export async function readBody(req: IncomingMessage, { limit, useful = limit }: ReadLimits): Promise<Body> {
  const encoding = req.headers['content-encoding'];
  const decode = encoding === undefined ? undefined : decoderOf(encoding);
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  sendContinue(req);
  const body = await collect(req, limit, decode ? limit : useful);
  return decode ? decode(body.bytes, { limit, useful }) : body;
}

const waiting = new WeakMap<IncomingMessage, ServerResponse>();

/** The client sends `Expect: 100-continue` and waits. A refusal must come before it sends the body (RFC 9110 §10.1.1). */
export function awaitContinue(req: IncomingMessage, res: ServerResponse): void {
  waiting.set(req, res);
}

/** Asks a client that waits for its body. */
function sendContinue(req: IncomingMessage): void {
  if (req.headers.expect === undefined) return;
  waiting.get(req)?.writeContinue();
  waiting.delete(req);
}

/** The `req.body` that a body parser mounted before us has left; undefined when the body was not read yet. */
export function foreignBody(req: IncomingMessage & { body?: unknown }): unknown {
  const { body } = req;
  // Older body parsers leave an empty object on requests that they did not read.
  const isPlaceholder =
    typeof body === 'object' && body !== null && !req.readableDidRead && Object.keys(body).length === 0;
  return isPlaceholder ? undefined : body;
}

function collect(req: IncomingMessage, limit: number, useful: number): Promise<Body> {
  return new Promise((resolve, reject) => {
    let body: Buffer = Buffer.alloc(0);
    let length = 0;
    let pieces = 0;
    const declared = Number(req.headers['content-length'] ?? 0);
    const settle = (done: () => void) => {
      req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      done();
    };
    const onData = (chunk: Buffer) => {
      if (length + chunk.length > limit) {
        req.pause();
        settle(() => reject(tooLarge(limit)));
        return;
      }
      if (++pieces > freePieces && pieces > freePieces + length / bytesOfPiece) {
        req.pause();
        settle(() => reject(torchError('ERR_PAYLOAD_TOO_LARGE', 'Expected a body in fewer and larger chunks')));
        return;
      }
      // Most bodies come in one piece, which is used as it is.
      if (length === 0) body = chunk;
      else if (length <= useful) body = append(body, length, chunk, Math.min(declared, useful + chunk.length));
      length += chunk.length;
    };
    const onEnd = () => settle(() => resolve({ bytes: body.subarray(0, length), length }));
    const onGone = () => settle(() => reject(new ClientGone()));
    req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    if (req.destroyed) onGone();
  });
}

/** Copies into one growing buffer: a list of the chunks would let a million one-byte chunks hold a million objects. */
function append(body: Buffer, length: number, chunk: Buffer, declared: number): Buffer {
  const needed = length + chunk.length;
  let target = body;
  if (needed > body.length) {
    // A size is believed once a part of it has come: then the rest is copied once.
    const capacity = length >= believedFrom && declared >= needed ? declared : 2 * body.length;
    target = Buffer.allocUnsafeSlow(Math.max(needed, capacity, firstCapacity));
    body.copy(target, 0, 0, length);
  }
  chunk.copy(target, length);
  return target;
}
