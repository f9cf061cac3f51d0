import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorTable, torchError, type ErrorCode } from '../../errors.js';
import type { ServerContext } from '../context.js';
import { clientOf } from './client-address.js';
import { errorForms, type ErrorForm } from './error-forms.js';
import { OpenExchanges } from './open-exchanges.js';

const timedOutSockets = new WeakSet<object>();

/** The connection was closed because a request on it took too long to arrive. */
export function timedOut(socket: IncomingMessage['socket']): boolean {
  return timedOutSockets.has(socket);
}

const faults: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['ERR_REQUEST_TIMEOUT', 'The request did not arrive in time'],
  HPE_INVALID_VERSION: ['ERR_HTTP_VERSION', 'Expected HTTP/1.1'],
  // A client begins a connection of HTTP/2 so, when it takes for granted that the server speaks it.
  HPE_PAUSED_H2_UPGRADE: ['ERR_HTTP_VERSION', 'Expected HTTP/1.1 but received HTTP/2'],
  HPE_INVALID_TRANSFER_ENCODING: ['ERR_BAD_REQUEST', 'Expected transfer-encoding to end with chunked'],
  HPE_HEADER_OVERFLOW: ['ERR_HEADERS_TOO_LARGE', 'The headers are larger than this server accepts'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['ERR_PAYLOAD_TOO_LARGE', 'The chunk extensions are larger than this server accepts'],
};

/** Connections on which something came that is no request. Node's parser says so again for all that follows. */
const faulty = new WeakSet<Duplex>();

/**
 * Answers bytes that are not HTTP or come too slowly, for which node makes no request object. The answers to requests
 * before them come first: a client takes whatever comes for the answer to its oldest request.
 */
export function answerClientErrors(server: Server, context: ServerContext): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const open = OpenExchanges.of(socket);
    if (hasLeft(error, socket, open) || isOfTls(error)) {
      socket.destroy();
      return;
    }
    if (faulty.has(socket)) return;
    faulty.add(socket);
    if (open.isAnsweredEarly) {
      endSoon(socket);
      return;
    }
    const [code, message] = faults[error.code ?? ''] ?? ['ERR_BAD_REQUEST', 'The request is not valid HTTP'];
    const isLate = code === 'ERR_REQUEST_TIMEOUT';
    if (isLate) timedOutSockets.add(socket);
    const { begun } = open;
    open.whenNoneIsOwed(() => {
      // Only slow: while others were answered, the rest of it came.
      if (isLate && open.begun > begun) faulty.delete(socket);
      else answer(socket, context, code, message);
    });
  });
}

/**
 * Refuses CONNECT, for which node hands out the bare connection and takes its own hands off it. Without a listener node
 * closes it, and what is owed to the requests before is lost.
 */
export function refuseConnect(server: Server, context: ServerContext): void {
  server.on('connect', (_req: IncomingMessage, socket: Duplex) => {
    // What follows belongs to a tunnel that is not opened. It is read to hear of the end of the connection.
    socket.on('error', () => socket.destroy()).resume();
    const open = OpenExchanges.of(socket);
    const refused = { method: 'CONNECT', allow: '' };
    open.whenNoneIsOwed(() => {
      answer(socket, context, 'ERR_METHOD_NOT_ALLOWED', 'CONNECT is not allowed here', refused);
    });
  });
}

/** Nobody reads an answer: a client that ends its side of the connection has left, whatever it waits for. */
function hasLeft({ code }: NodeJS.ErrnoException, socket: Duplex, open: OpenExchanges): boolean {
  return code === 'ECONNRESET' || !socket.writable || (code === 'HPE_INVALID_EOF_STATE' && open.isAwaited);
}

/** No connection was made: what is no TLS, or has no certificate, reads no answer of HTTP. */
function isOfTls({ code }: NodeJS.ErrnoException): boolean {
  return code !== undefined && /^ERR_(SSL|TLS|OSSL)_/.test(code);
}

/** Lets out what was written, and closes. */
function endSoon(socket: Duplex): void {
  socket.end(() => socket.destroy());
}

function answer(
  socket: Duplex,
  context: ServerContext,
  code: ErrorCode,
  message: string,
  refused?: { method: string; allow: string },
): void {
  const { metrics, logger } = context;
  const { _httpMessage: current } = socket as Duplex & { _httpMessage?: { headersSent?: boolean } };
  // An answer to the same request is out: another one would be read as its continuation.
  if (current?.headersSent || !socket.writable) {
    endSoon(socket);
    return;
  }
  const unfinished = refused ? undefined : OpenExchanges.of(socket).unfinished;
  if (unfinished) {
    // It is logged and counted when it ends, once.
    const { errorForm } = unfinished;
    const id = unfinished.refuse(torchError(code, message));
    socket.end(rawAnswer(code, message, { id, errorForm }), () => socket.destroy());
    return;
  }
  const id = randomUUID();
  metrics.rejected(code);
  const client = context.logsClients ? clientOf(socket) : undefined;
  logger.info(
    {
      requestId: id,
      ...(refused && { method: refused.method }),
      route: 'unmatched',
      status: errorTable[code].status,
      ...(client !== undefined && { client }),
      code,
    },
    'request',
  );
  // Nobody knows the path, nor so the protocol.
  const answered = rawAnswer(code, message, { id, errorForm: 'problem', allow: refused?.allow });
  socket.end(answered, () => socket.destroy());
}

interface Answered {
  readonly id: string;
  readonly errorForm: ErrorForm;
  readonly allow?: string | undefined;
}

/** A whole answer as bytes. */
function rawAnswer(code: ErrorCode, message: string, { id, errorForm, allow }: Answered): string {
  const { status, contentType, body } = errorForms[errorForm](torchError(code, message), id);
  const text = JSON.stringify(body);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    ...(allow === undefined ? [] : [`allow: ${allow}`]),
    ...(errorForm === 'problem' ? [] : [`x-error-code: ${code}`]),
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(text)}`,
    `x-request-id: ${id}`,
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    '',
    text,
  ].join('\r\n');
}
