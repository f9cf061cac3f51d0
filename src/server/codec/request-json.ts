import type { IncomingMessage } from 'node:http';
import { readBody } from './body.js';
import { parseJson } from './json.js';
import { requireJson } from './media-type.js';

/**
 * The JSON body of a request. What a body parser mounted before us has left on `req.body` is used as it is.
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE, ERR_PAYLOAD_TOO_LARGE, ERR_MALFORMED_JSON, ERR_BAD_REQUEST, ClientGone
 */
export async function readJson(req: IncomingMessage & { body?: unknown }, limit: number): Promise<unknown> {
  requireJson(req);
  const { body } = req;
  if (body === undefined || isPlaceholder(req, body)) return parseJson(await readBody(req, limit));
  if (Buffer.isBuffer(body)) return parseJson(body);
  if (typeof body === 'string') return parseJson(Buffer.from(body));
  return body;
}

/** Older body parsers leave an empty object on requests that they did not read. */
function isPlaceholder(req: IncomingMessage, body: unknown): boolean {
  return typeof body === 'object' && body !== null && !req.readableDidRead && Object.keys(body).length === 0;
}
