import { boolean, integer, milliseconds, object, oneOf, options as checkOptions, signal, text } from '../check.js';
import { expected, torchError } from '../errors.js';
import type { Deadline } from './deadline.js';

/** Files' contents, not their paths, for TLS. They are given to Node as they are. */
export interface TlsOptions {
  /** Certificates of authorities, in PEM. Default: those that Node trusts. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** The client's own certificate and key, in PEM, for mutual TLS. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name that the server's certificate must have. Default: the host of the URL. */
  readonly servername?: string;
  /** `false` takes any certificate: for tries alone. Default `true`. */
  readonly rejectUnauthorized?: boolean;
}

/** The part of `http.Agent` that a caller may bring. */
export type HttpAgent = import('node:http').Agent;

export interface ClientOptions {
  /** `grpc` needs the package `@grpc/grpc-js` beside this one. Default: `http`; `grpc` for `grpc://` and `grpcs://`. */
  readonly protocol?: 'http' | 'grpc';
  /** Sent as `Authorization: Bearer …`; a function is asked before each try, so that tokens may change. Default: none. */
  readonly token?: string | (() => string | Promise<string>);
  /** Headers of every request, or metadata of every call over gRPC. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long a call with all its tries may take, in milliseconds; `Infinity` is without limit. Default 60,000. */
  readonly timeoutMs?: number;
  /** Further tries where it is safe. Default 2. */
  readonly retries?: number;
  /** Bytes that an answer may have, after inflating. Default 1 GiB. */
  readonly maxAnswerBytes?: number;
  readonly tls?: TlsOptions;
  /** An agent for HTTP(S), e.g. for a proxy. Default: one of its own, which keeps connections alive. */
  readonly agent?: HttpAgent;
  /** Used in place of `node:http`, e.g. where there is none. It is 2 to 6 times dearer in Node. Default: none. */
  readonly fetch?: typeof globalThis.fetch;
}

/** Options of a call that is no inference. */
export interface CallOptions {
  /** How long the call with all its tries may take, in milliseconds. Default: the client's. */
  readonly timeoutMs?: number | undefined;
  /** Ends the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Headers of this call alone, or metadata over gRPC. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The options with their defaults, checked. */
export interface ResolvedOptions {
  readonly protocol: 'http' | 'grpc';
  readonly url: URL;
  readonly isSecure: boolean;
  readonly token: string | (() => string | Promise<string>) | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Whether the caller set it: the server is told then, too. */
  readonly tellsTimeout: boolean;
  readonly retries: number;
  readonly maxAnswerBytes: number;
  readonly tls: TlsOptions | undefined;
  readonly agent: HttpAgent | undefined;
  readonly fetch: typeof globalThis.fetch | undefined;
}

const known = ['protocol', 'token', 'headers', 'timeoutMs', 'retries', 'maxAnswerBytes', 'tls', 'agent', 'fetch'];
const tlsKnown = ['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'];

/** @throws ERR_INVALID_ARGUMENT */
export function resolveOptions(address: string | URL, options: ClientOptions): ResolvedOptions {
  checkOptions('InferenceClient', options, known);
  const url = parseUrl(address);
  const named = /^grpcs?:$/.test(url.protocol) ? 'grpc' : 'http';
  const { protocol = named, token, headers = {}, timeoutMs = 60_000, retries = 2, tls, agent, fetch } = options;
  oneOf('protocol', protocol, ['http', 'grpc']);
  if (protocol === 'grpc' && url.pathname.length > 1)
    throw expected('no path in the URL', 'a client of gRPC', url.pathname);
  if (named === 'grpc' && protocol === 'http')
    throw expected('an http:// or https:// URL', 'the protocol http', address);
  if (typeof token !== 'function' && token !== undefined) checkToken(token);
  checkHeaders(headers);
  checkTimeout('timeoutMs', timeoutMs);
  integer('retries', retries, 0, 100);
  const { maxAnswerBytes = 2 ** 30 } = options;
  integer('maxAnswerBytes', maxAnswerBytes, 1, Number.MAX_SAFE_INTEGER);
  const isSecure = /^(https|grpcs):$/.test(url.protocol);
  checkTransport({ protocol, isSecure, tls, agent, fetch });
  const tellsTimeout = options.timeoutMs !== undefined;
  return {
    ...{ protocol, url, isSecure, token, headers, timeoutMs, tellsTimeout },
    ...{ retries, maxAnswerBytes, tls, agent, fetch },
  };
}

type TransportOptions = Pick<ResolvedOptions, 'protocol' | 'isSecure' | 'tls' | 'agent' | 'fetch'>;

/** What one way cannot do is refused: an option that does nothing would be silence. */
function checkTransport({ protocol, isSecure, tls, agent, fetch }: TransportOptions): void {
  if (tls !== undefined) {
    checkOptions('tls', tls, tlsKnown);
    if (tls.rejectUnauthorized !== undefined) boolean('tls.rejectUnauthorized', tls.rejectUnauthorized);
    if (tls.servername !== undefined) text('tls.servername', tls.servername);
    if (!isSecure) throw expected('an https:// or grpcs:// URL', 'a client with tls', 'one without TLS');
  }
  if (agent !== undefined) object('agent', agent);
  if (fetch !== undefined && typeof fetch !== 'function') throw expected('a function', 'fetch', fetch);
  const given = Object.entries({ fetch, agent }).find(([, value]) => value !== undefined)?.[0];
  if (protocol === 'grpc' && given !== undefined) throw expected('no option of HTTP', 'a client of gRPC', given);
  if (fetch && (tls ?? agent)) throw expected('neither tls nor agent', 'a client with fetch', tls ? 'tls' : 'agent');
}

function parseUrl(address: string | URL): URL {
  const what = 'a URL such as http://127.0.0.1:8000';
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw expected(what, 'the address of the server', address);
  }
  if (!['http:', 'https:', 'grpc:', 'grpcs:'].includes(url.protocol) || url.hostname === '') {
    throw expected(`${what}, https://, grpc:// or grpcs://`, 'the address of the server', url.protocol);
  }
  // Never the URL itself: its password would end in logs.
  if (url.username !== '' || url.password !== '')
    throw expected('no user in the URL', 'the address', 'one (use token or headers)');
  if (url.search !== '' || url.hash !== '')
    throw expected('no query and no fragment', 'the address', url.search + url.hash);
  return url;
}

/** @throws ERR_INVALID_ARGUMENT */
function checkTimeout(name: string, value: unknown): asserts value is number {
  if (value !== Infinity) milliseconds(name, value);
}

/** @throws ERR_INVALID_ARGUMENT, which never shows the token */
function checkToken(token: unknown): asserts token is string {
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return;
  throw torchError('ERR_INVALID_ARGUMENT', 'Expected visible ASCII characters without spaces for token');
}

/** Within the time of the call. @throws ERR_INVALID_ARGUMENT; what the caller's function throws */
export async function tokenOf(token: string | (() => string | Promise<string>), deadline: Deadline): Promise<string> {
  if (typeof token === 'string') return token;
  const fresh: unknown = await deadline.until(Promise.resolve(token()));
  checkToken(fresh);
  return fresh;
}

/** Names that the client writes itself. */
const reserved = /^(host|connection|content-length|transfer-encoding|inference-header-content-length)$/i;

/** @throws ERR_INVALID_ARGUMENT, which never shows a value: it may be a secret */
function checkHeaders(headers: unknown): asserts headers is Readonly<Record<string, string>> {
  object('headers', headers);
  for (const [name, value] of Object.entries(headers as Record<string, unknown>)) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) throw expected('a name of a header', 'headers', name);
    if (reserved.test(name)) throw expected('no header that the client writes itself', 'headers', name);
    if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw torchError('ERR_INVALID_ARGUMENT', `Expected a string of Latin-1 without line ends for the header ${name}`);
    }
  }
}

const callKnown = ['timeoutMs', 'signal', 'headers'];

/** @throws ERR_INVALID_ARGUMENT */
export function checkCall(where: string, options: CallOptions, more: readonly string[] = []): void {
  checkOptions(where, options, [...callKnown, ...more]);
  const { timeoutMs, headers } = options;
  if (timeoutMs !== undefined) checkTimeout('timeoutMs', timeoutMs);
  signal(options.signal);
  if (headers !== undefined) checkHeaders(headers);
}
