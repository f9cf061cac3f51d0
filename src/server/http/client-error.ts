import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorTable, torchError, type ErrorCode } from '../../errors.js';
import type { ServerContext } from '../context.js';
import { problemOf } from './problem.js';

const timedOutSockets = new WeakSet<object>();

/** The connection was closed because a request on it took too long to arrive. */
export function timedOut(socket: IncomingMessage['socket']): boolean {
  return timedOutSockets.has(socket);
}

const faults: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['ERR_REQUEST_TIMEOUT', 'The request did not arrive in time'],
  HPE_HEADER_OVERFLOW: ['ERR_HEADERS_TOO_LARGE', 'The headers are larger than this server accepts'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['ERR_PAYLOAD_TOO_LARGE', 'The chunk extensions are larger than this server accepts'],
};

/** Answers bytes that are not HTTP or come too slowly, for which node makes no request object. */
export function answerClientErrors(server: Server, context: ServerContext): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [code, message] = faults[error.code ?? ''] ?? ['ERR_BAD_REQUEST', 'The request is not valid HTTP'];
    if (code === 'ERR_REQUEST_TIMEOUT') timedOutSockets.add(socket);
    const answered = (socket as Duplex & { _httpMessage?: { headersSent?: boolean } })._httpMessage;
    // Half an answer is out: another one would be read as its continuation.
    if (answered?.headersSent) {
      socket.destroy();
      return;
    }
    const id = randomUUID();
    context.metrics.rejected(code);
    context.logger.info({ requestId: id, route: 'unmatched', status: errorTable[code].status, code }, 'request');
    socket.end(rawAnswer(code, message, id), () => socket.destroy());
  });
}

/** A whole answer as bytes. */
function rawAnswer(code: ErrorCode, message: string, requestId: string): string {
  const problem = problemOf(torchError(code, message), requestId);
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'connection: close',
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    '',
    body,
  ].join('\r\n');
}
