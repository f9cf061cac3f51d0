import type { IncomingMessage, ServerResponse } from 'node:http';
import { torchError } from '../../errors.js';
import { Pieces } from '../../protocol/binary/pieces.js';
import { bytesGone, saysMoreThan, tooLarge, type Body, type ReadLimits } from './body-bytes.js';
import { PieceReader, type BodyCut } from './body-pieces.js';
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
 * ERR_BAD_REQUEST (broken compression; somebody has read it already), ClientGone
 */
export async function readBody(req: IncomingMessage, { limit, useful = limit }: ReadLimits): Promise<Body> {
  const decode = decoderFor(req, limit);
  const most = decode ? limit : useful;
  const declared = Number(req.headers['content-length'] ?? 0);
  let bytes: Buffer = Buffer.alloc(0);
  const length = await collect(req, limit, (chunk, before) => {
    // Most bodies come in one piece, which is used as it is.
    if (before === 0) bytes = chunk;
    else if (before <= most) bytes = append(bytes, before, chunk, Math.min(declared, most + chunk.length));
  });
  const body = { bytes: bytes.subarray(0, length), length };
  return decode ? decode(body.bytes, { limit, useful }) : body;
}

/**
 * The whole body, decompressed, in the pieces that it came in: who needs a part of it copies that part once.
 * @param cut how a body of a declared length that is not compressed comes in the parts that it is made of, each in one piece
 * @throws as readBody
 */
export async function readPieces(req: IncomingMessage, limit: number, cut?: BodyCut): Promise<Pieces> {
  const decode = decoderFor(req, limit);
  const reader = new PieceReader(Number(req.headers['content-length'] ?? 0), decode ? undefined : cut);
  await collect(req, limit, (chunk) => reader.add(chunk));
  const pieces = reader.pieces();
  if (!decode) return pieces;
  const compressed = pieces.range(0, pieces.length);
  return Pieces.of((await decode(compressed, { limit, useful: limit })).bytes);
}

/** What a body is decompressed with, once it is clear that it may come. Asks a client that waits for its body. */
function decoderFor(req: IncomingMessage, limit: number): ReturnType<typeof decoderOf> {
  const encoding = req.headers['content-encoding'];
  const decode = encoding === undefined ? undefined : decoderOf(encoding);
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  sendContinue(req);
  return decode;
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

/** Reads to the end. @param keep gets each chunk, and how many bytes came before it. @returns bytes in all */
function collect(req: IncomingMessage, limit: number, keep: (chunk: Buffer, before: number) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let length = 0;
    let pieces = 0;
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
      keep(chunk, length);
      length += chunk.length;
    };
    const onEnd = () => settle(() => resolve(length));
    const onGone = () => settle(() => reject(new ClientGone()));
    req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    // What has ended before does not end again: somebody has read the body, if there was one.
    if (req.readableEnded && !req.socket.destroyed)
      settle(() => (saysMoreThan(0, req) ? reject(bytesGone()) : resolve(0)));
    else if (req.destroyed) onGone();
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
