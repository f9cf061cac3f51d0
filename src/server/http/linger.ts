import type { IncomingMessage, ServerResponse } from 'node:http';
import { saysMoreThan } from './body-bytes.js';

/** A body this small is read to its end by node itself, and the connection stays usable. */
const smallBody = 64 * 1024;
const maxWaitMs = 1000;
const maxBytes = 64 * 2 ** 20;
/** Each costs more than its bytes when they are few. */
const maxPieces = 4096;

/** Whether the client of an incomplete request is still sending a body that we will not read. */
export function isUploading(req: IncomingMessage): boolean {
  return saysMoreThan(smallBody, req);
}

/**
 * Writes the answer, and closes only after the client has stopped sending, for a while: closing with unread data resets
 * the connection, and many clients then report the reset and not the answer.
 */
export function endAfterUpload(req: IncomingMessage, res: ServerResponse, body: string | Uint8Array): void {
  let received = 0;
  let pieces = 0;
  const end = () => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(end, maxWaitMs);
  res.write(body);
  req
    .on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > maxBytes || ++pieces > maxPieces) end();
    })
    .once('end', end)
    .once('close', end)
    .once('error', end)
    .resume();
}
