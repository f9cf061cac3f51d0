import type { IncomingMessage } from 'node:http';
import { foreignBody, readBody } from '../http/body.js';
import { bytesGone } from '../http/body-bytes.js';
import { smallText } from '../http/json.js';
import { room } from '../http/turn.js';
import { parseExactJson } from './exact-json.js';
import { requireModest } from './json-size.js';

/**
 * The bytes of a body, also where a body parser mounted before us has read them.
 * @throws ERR_PAYLOAD_TOO_LARGE, ERR_UNSUPPORTED_MEDIA_TYPE (content-encoding), ERR_BAD_REQUEST, ClientGone; ERR_BAD_REQUEST where
 * somebody has made something else of them
 */
export async function bodyBytes(req: IncomingMessage, limit: number): Promise<Buffer> {
  const foreign = foreignBody(req);
  if (foreign === undefined) return (await readBody(req, { limit })).bytes;
  if (Buffer.isBuffer(foreign)) return foreign;
  if (typeof foreign === 'string') return Buffer.from(foreign);
  throw bytesGone();
}

/** What a body parser mounted before us has made of JSON; undefined where there is none, or it left the bytes. */
export function foreignJson(req: IncomingMessage): unknown {
  const foreign = foreignBody(req);
  return typeof foreign === 'string' || Buffer.isBuffer(foreign) ? undefined : foreign;
}

/**
 * What a body parser mounted before us has made of JSON, as bytes again. What was parsed is written again, and its numbers
 * beyond 2^53 were rounded there.
 */
export function bytesOfForeignJson(foreign: unknown): Buffer {
  if (Buffer.isBuffer(foreign)) return foreign;
  return Buffer.from(typeof foreign === 'string' ? foreign : JSON.stringify(foreign));
}

/** JSON in bytes, with exact integers, NaN and Infinity. @throws ERR_MALFORMED_JSON, ERR_PAYLOAD_TOO_LARGE */
export async function jsonOf(bytes: Buffer): Promise<unknown> {
  if (bytes.length <= smallText) return parseExactJson(bytes, { nonFinite: true });
  await room();
  requireModest(bytes);
  const value = parseExactJson(bytes, { nonFinite: true });
  // Whoever makes tensors of it begins in a turn that has room.
  await room();
  return value;
}

/**
 * The JSON of a body, whatever `content-type` says: clients of these protocols often send none.
 * @throws as bodyBytes and jsonOf
 */
export async function jsonBody(req: IncomingMessage, limit: number): Promise<unknown> {
  return foreignJson(req) ?? jsonOf(await bodyBytes(req, limit));
}
