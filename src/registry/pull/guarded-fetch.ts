/**
 * The `fetch` that the hub's library is given. It asks the hub alone, follows redirects as far as downloads need them, and
 * connects to the very addresses that it has looked at, so that no name stands for another machine a moment later.
 */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { torchError, type TorchError } from '../../errors.js';
import { isLinkLocal, isLoopback, isPublic } from './addresses.js';
import { hostOf, type Endpoint } from './place.js';

export interface GuardOptions {
  readonly endpoint: Endpoint;
  /** Sent to the endpoint alone. */
  readonly token: string | undefined;
  /** The longest time without a byte, in milliseconds. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
  /** `api`: small JSON of the hub itself. `file`: an answer that is streamed, and may come from the host of its storage. */
  readonly kind: 'api' | 'file';
}

/** An error after which another try makes sense. */
export class Interrupted extends Error {}

const mostRedirects = 5;
/** Of a page of a listing, or of what the hub says of a model. */
const mostJson = 8 * 2 ** 20;
/** Headers that go to another host than the hub. */
const everywhere = ['range', 'accept'];
/** What a redirect's answer says of the file behind it. */
const linked = ['x-linked-etag', 'x-linked-size', 'x-repo-commit'];

export function guardedFetch(options: GuardOptions): typeof fetch {
  return async (input, init) => {
    const start = new URL(input instanceof Request ? input.url : input);
    if (start.origin !== options.endpoint.url.origin) {
      throw refused(`${start.origin}, which is not the hub ${options.endpoint.url.origin}`);
    }
    const given = new Headers(init?.headers);
    given.delete('authorization');
    let url = start;
    const kept = new Headers();
    for (let redirects = 0; ; ++redirects) {
      const response = await ask(url, given, options);
      const { statusCode = 0, headers } = response;
      for (const name of linked) {
        const value = headers[name];
        if (typeof value === 'string' && !kept.has(name)) kept.set(name, value);
      }
      if (![301, 302, 303, 307, 308].includes(statusCode)) return await answer(response, kept, options);
      response.destroy();
      if (redirects === mostRedirects) throw refused(`more than ${mostRedirects} redirects`);
      url = target(url, headers.location, options);
    }
  };
}

/** Where a redirect leads. @throws ERR_DOWNLOAD for a place that no hub sends anybody to */
function target(from: URL, location: string | undefined, { endpoint, kind }: GuardOptions): URL {
  if (location === undefined || !URL.canParse(location, from.href)) throw refused('a redirect to no address');
  const url = new URL(location, from);
  if (url.origin === endpoint.url.origin) return url;
  if (kind === 'api') throw refused(`a redirect of the hub’s own answers to ${url.origin}`);
  const isLocal = endpoint.reach === 'loopback' && url.protocol === 'http:' && isLocalName(hostOf(url));
  if (url.protocol !== 'https:' && !isLocal) throw refused(`a redirect to ${url.origin}, which is not https`);
  if (url.username !== '' || url.password !== '') throw refused('a redirect to an address with a user');
  return url;
}

const isLocalName = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && isLoopback(host));

/** One request; resolves when its headers are there. */
async function ask(url: URL, given: Headers, options: GuardOptions): Promise<IncomingMessage> {
  const { endpoint, token, signal, stallMs } = options;
  signal.throwIfAborted();
  const host = hostOf(url);
  const mayBe = addressesFor(url, endpoint);
  if (isIP(host) !== 0 && !mayBe(host)) throw unreachable(url);
  const isHub = url.origin === endpoint.url.origin;
  const headers: Record<string, string> = { 'user-agent': 'node-libtorch', 'accept-encoding': 'identity' };
  for (const [name, value] of given) if (isHub || everywhere.includes(name)) headers[name] = value;
  if (isHub && token !== undefined) headers.authorization = `Bearer ${token}`;
  const settings: RequestOptions = {
    headers,
    agent: false,
    lookup: checkedLookup(url, mayBe),
    signal,
    maxHeaderSize: 64 * 1024,
  };
  return await new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, settings);
    const stalled = () => request.destroy(new Interrupted(`no data for ${stallMs} ms`));
    // The socket's own limit begins when it is connected.
    const untilHead = setTimeout(stalled, stallMs);
    request.setTimeout(stallMs, stalled);
    request.once('close', () => clearTimeout(untilHead));
    request.once('response', (response) => {
      clearTimeout(untilHead);
      response.on('error', () => undefined); // whoever reads it hears of it too
      resolve(response);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isOurs = error.code === 'ERR_DOWNLOAD' || error instanceof Interrupted;
      reject(signal.aborted ? (signal.reason as Error) : isOurs ? error : new Interrupted(reasonOf(error)));
    });
    request.end();
  });
}

/** Which addresses the host of a URL may have. */
function addressesFor(url: URL, { url: own, reach }: Endpoint): (address: string) => boolean {
  if (url.host === own.host && reach === 'named') return (address) => !isLinkLocal(address);
  if (url.host === own.host && reach === 'loopback') return isLoopback;
  if (reach === 'loopback' && url.protocol === 'http:') return isLoopback;
  return isPublic;
}

/** Looks a name up and gives its addresses only if all of them are what they may be. */
function checkedLookup(url: URL, mayBe: (address: string) => boolean): LookupFunction {
  return (name, options, done) => {
    systemLookup(name, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) done(error, []);
      else if (addresses.length === 0 || !addresses.every(({ address }) => mayBe(address))) done(unreachable(url), []);
      else if (options.all) done(null, addresses);
      else done(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
}

async function answer(message: IncomingMessage, kept: Headers, options: GuardOptions): Promise<Response> {
  const { statusCode: status = 0, headers } = message;
  const isEncoded = (headers['content-encoding'] ?? 'identity') !== 'identity';
  const all = new Headers(kept);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const isOk = status >= 200 && status < 300;
  if (isEncoded) {
    message.destroy();
    throw refused(`an answer in the encoding ${headers['content-encoding']}, which was not asked for`);
  }
  if (options.kind === 'api' || !isOk) {
    const body = await small(message, isOk ? mostJson : 64 * 1024, isOk, options);
    if (isOk && !/^application\/(?:[\w.+-]+\+)?json\b/.test(headers['content-type'] ?? '')) {
      throw refused(
        `${headers['content-type'] ?? 'an answer of no type'} where a hub has JSON: is there a proxy in between?`,
      );
    }
    return new Response(status === 204 || status === 304 ? null : body, {
      status: status < 200 ? 502 : status,
      headers: all,
    });
  }
  return new Response(bodyOf(message), { status, headers: all });
}

/**
 * The body as the hub's library reads it. Readable.toWeb puts pieces into a stream that its reader has left, as when the disk is
 * full, and throws where nobody can catch it.
 */
function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  const pieces = (message as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await pieces.next();
        if (piece.done) controller.close();
        else controller.enqueue(piece.value);
      },
      cancel() {
        message.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The whole of a small body; of an error's it is as much as there is room for. */
async function small(message: IncomingMessage, most: number, isWhole: boolean, { signal, stallMs }: GuardOptions) {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const late = setTimeout(() => message.destroy(new Interrupted(`no whole answer within ${stallMs} ms`)), stallMs);
  try {
    for await (const piece of message as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > most && isWhole) throw refused(`an answer of more than ${most} bytes where a hub has a small one`);
      if (bytes > most) break;
      pieces.push(piece);
    }
  } catch (error) {
    signal.throwIfAborted();
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ERR_DOWNLOAD' || error instanceof Interrupted ? error : new Interrupted(reasonOf(error as Error));
  } finally {
    clearTimeout(late);
    message.destroy();
  }
  return Buffer.concat(pieces);
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code === 'ECONNRESET' || error.message === 'aborted'
    ? 'the connection was cut'
    : (error.code ?? error.message);
}

function refused(what: string): TorchError {
  return torchError('ERR_DOWNLOAD', `Expected a hub of Hugging Face but received ${what}`);
}

function unreachable(url: URL): TorchError {
  return torchError(
    'ERR_DOWNLOAD',
    `Expected ${url.host} to be a machine of the internet but its address is private or this machine’s own; nothing was asked of it`,
  );
}
