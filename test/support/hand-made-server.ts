import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request, with the whole of its body. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly socket: IncomingMessage['socket'];
}

export type Handler = (seen: Seen, response: ServerResponse) => void;

/** A server that answers as a test says, also wrongly. */
export interface HandMade {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** Answers to requests in turn; the last one answers all further ones. */
  answer(...handlers: readonly Handler[]): void;
  close(): Promise<void>;
}

/** @param metadata answers of GET, by path; other paths and POST are for the handlers */
export async function handMade(metadata: Readonly<Record<string, object>> = {}): Promise<HandMade> {
  const seen: Seen[] = [];
  let handlers: readonly Handler[] = [];
  let next = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const { method = '', url: path = '', headers, socket } = request;
      const known = method === 'GET' ? metadata[path] : undefined;
      if (known) {
        json(200, known)(undefined as never, response);
        return;
      }
      const one = { method, path, headers, body: Buffer.concat(chunks), socket };
      seen.push(one);
      const handler = handlers[Math.min(next++, handlers.length - 1)];
      if (handler) handler(one, response);
      else response.writeHead(500).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer(...given) {
      handlers = given;
      next = 0;
      seen.length = 0;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Handler {
  return (_seen, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

export function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Handler {
  return (_seen, response) => void response.writeHead(status, headers).end(body);
}
