import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** One prediction over fetch, with whatever body and headers. */
export async function predict(
  url: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  query = '',
): Promise<Answer> {
  const response = await fetch(`${url}/predict${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body as string,
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

/** That an answer is a problem document, and one that gives nothing away. */
export function expectProblem({ status, headers, body }: Answer, expected: { status: number; code: string }): void {
  expect(body, JSON.stringify(body)).to.include({ code: expected.code, status: expected.status });
  expect(status).to.equal(expected.status);
  expect(headers.get('content-type')).to.equal('application/problem+json; charset=utf-8');
  expect(headers.get('x-powered-by')).to.equal(null);
  expect(body).to.include.keys('type', 'title', 'detail', 'requestId');
  expect(body['type']).to.equal(`urn:node-libtorch:error:${expected.code}`);
  expect(headers.get('x-request-id')).to.equal(body['requestId']);
  const text = JSON.stringify(body);
  expect(text).not.to.match(/\.(?:ts|js|cc|cpp|py)\b|node_modules|\bat .*:\d+|\/(?:home|work|usr|tmp)\//);
  expect(text.length).to.be.below(4096);
}

/** A bare connection: what is written is what is sent. */
export async function rawConnection(port: number): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  // A reset is one of the ends that a test may be about.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, received: () => text };
}

/** Sends bytes and returns everything received until the server closes. */
export async function exchangeRaw(port: number, request: string): Promise<string> {
  const { socket, received } = await rawConnection(port);
  socket.write(request);
  if (!socket.closed) await once(socket, 'close');
  return received();
}

/** Waits until something holds. It gives up before mocha does where nobody has set another limit; a test with more time says so. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, patienceMs = 15_000): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
