import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from 'node:https';
import type { Deadline } from '../deadline.js';
import { InferenceConnectionError, InferenceProtocolError } from '../errors.js';
import type { ResolvedOptions } from '../options.js';
import { readBody } from './body.js';
import type { HttpAnswer, HttpRequest, HttpSender } from './exchange.js';

/** Faults of a socket that was never connected: nothing was sent. */
const unconnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);

/** After so many milliseconds a server that had closed the connection has been heard of, also from far away. */
const onceMs = 500;

/**
 * Requests by `node:http`, over connections that stay open. Measured against `fetch` of Node 20: a sixth of its CPU time for
 * small bodies, a third for 600 KB.
 */
export class NodeHttp implements HttpSender {
  readonly #agent: Agent;
  readonly #isOwn: boolean;
  readonly #request: typeof httpRequest;
  readonly #host: { readonly host: string; readonly port?: string };
  readonly #maxAnswerBytes: number;

  constructor({ url, isSecure, tls, agent, maxAnswerBytes }: ResolvedOptions) {
    this.#request = isSecure ? httpsRequest : httpRequest;
    // An address of IPv6 is in brackets in a URL, and not in a socket's options.
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    this.#host = { host, ...(url.port !== '' && { port: url.port }) };
    this.#isOwn = agent === undefined;
    this.#agent = agent ?? ownAgent(isSecure, tls as AgentOptions | undefined);
    this.#maxAnswerBytes = maxAnswerBytes;
  }

  send(request: HttpRequest, deadline: Deadline): Promise<HttpAnswer> {
    const { method, path, headers, body = [], operation } = request;
    return deadline.wait((resolve, reject) => {
      const length = body.reduce((sum, { byteLength }) => sum + byteLength, 0);
      let answered = false;
      let flushedAt: number | undefined;
      const sent = this.#request(
        {
          ...this.#host,
          agent: this.#agent,
          method,
          path,
          headers: method === 'POST' ? { ...headers, 'content-length': length } : headers,
        },
        (message) => {
          answered = true;
          readBody(message, this.#maxAnswerBytes, operation).then(
            (bytes) => resolve({ status: message.statusCode as number, header: headerOf(message), body: bytes }),
            reject,
          );
        },
      );
      // A server may answer before it has read everything, and close.
      sent.on('error', (cause) => {
        if (!answered) reject(faultOf(cause, sent, flushedAt, operation));
      });
      sent.on('finish', () => (flushedAt = performance.now()));
      sent.on('upgrade', (_message, socket) => {
        socket.destroy();
        const message = `Expected an answer to ${operation} but the server changed to another protocol`;
        reject(new InferenceProtocolError('ERR_BAD_ANSWER', message, { operation }));
      });
      sent.cork();
      for (const piece of body.slice(0, -1)) sent.write(piece);
      sent.end(body.at(-1));
      return () => sent.destroy();
    });
  }

  close(): void {
    if (this.#isOwn) this.#agent.destroy();
  }
}

function ownAgent(isSecure: boolean, tls: AgentOptions | undefined): Agent {
  return isSecure ? new HttpsAgent({ keepAlive: true, ...tls }) : new Agent({ keepAlive: true });
}

function headerOf({ headers }: IncomingMessage): HttpAnswer['header'] {
  return (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
}

/** @param flushedAt when the request was written; undefined before */
function faultOf(
  cause: NodeJS.ErrnoException,
  { reusedSocket }: ClientRequest,
  flushedAt: number | undefined,
  operation: string,
) {
  const { code = '', message } = cause;
  if (code.startsWith('HPE_')) {
    const text = `Expected an answer of HTTP to ${operation} but received something else (${code})`;
    return new InferenceProtocolError('ERR_BAD_ANSWER', text, { operation, cause });
  }
  const isUnsent = unconnected.has(code) || /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_|SELF_|UNABLE_TO_)/.test(code);
  const text = `Expected a connection for ${operation} but it failed: ${message || code}`;
  // A kept connection that the server closed while we wrote: it was idle for the server, which has not seen the request. The
  // news of that takes one way through the network; what comes later is about a request that was read.
  const isAtOnce = flushedAt === undefined || performance.now() - flushedAt < onceMs;
  const stale = reusedSocket && isAtOnce && ['ECONNRESET', 'EPIPE'].includes(code);
  return new InferenceConnectionError('ERR_CONNECTION', text, { operation, cause, sent: !isUnsent, stale });
}
