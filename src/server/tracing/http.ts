/** HTTP by the stable conventions: https://opentelemetry.io/docs/specs/semconv/http/http-spans/ */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Attributes, TextMapGetter } from '@opentelemetry/api';
import { bounded, type SpanDescription, type SpanEnd } from './description.js';

/** RFC 9110 and RFC 5789; the conventions call others `_OTHER`. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);
const longestPath = 1024;
const longestAgent = 256;

const headers: TextMapGetter<IncomingMessage['headers']> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, key) => carrier[key.toLowerCase()],
};

/** A request as Express has it: `originalUrl` is what was asked, wherever the app is mounted. */
type Asked = IncomingMessage & { readonly originalUrl?: string; readonly baseUrl?: string };

/**
 * The span of a request. Its query and its other headers are left out: they may hold anything.
 * @param route its pattern; undefined where nothing answers
 * @param client address of the connection's other end; undefined where it is not to be told
 */
export function describeHttp(req: Asked, route: string | undefined, client: string | undefined): SpanDescription {
  const { method = '', url = '', originalUrl = url, baseUrl = '' } = req;
  const isKnown = methods.has(method);
  const { encrypted = false } = req.socket as Partial<TLSSocket>;
  const scheme = encrypted ? 'https' : 'http';
  const agent = req.headers['user-agent'];
  const inner: Attributes = {
    'http.request.method': isKnown ? method : '_OTHER',
    ...(route !== undefined && { 'http.route': baseUrl + route }),
  };
  const attributes: Attributes = {
    ...inner,
    ...(!isKnown && { 'http.request.method_original': bounded(method, 64) }),
    'url.path': pathOf(originalUrl),
    'url.scheme': scheme,
    ...serverOf(req.headers.host, scheme),
    ...(client !== undefined && { 'client.address': client }),
    'network.protocol.version': req.httpVersion,
    ...(agent !== undefined && { 'user_agent.original': bounded(agent, longestAgent) }),
  };
  const verb = isKnown ? method : 'HTTP';
  const name = route === undefined ? verb : `${verb} ${baseUrl}${route}`;
  return { name, attributes, inner, carrier: req.headers, getter: headers };
}

/**
 * The end of a request: a server's fault is an error of the span, a client's is not.
 * @param status that was answered; 499 when the client left before the answer was out
 * @param code that it failed with
 */
export function endOfHttp(status: number, code: string | undefined): SpanEnd {
  if (status === 499) return { attributes: {}, errorType: 'aborted' };
  const attributes = { 'http.response.status_code': status };
  return { attributes, errorType: status >= 500 ? (code ?? String(status)) : undefined };
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return bounded(end < 0 ? url : url.slice(0, end), longestPath);
}

const longestHost = 255;

/** What the client called this server. Headers of proxies are not believed. */
function serverOf(host: string | undefined, scheme: 'http' | 'https'): Attributes {
  const parts = host === undefined || host.length > longestHost ? undefined : hostForm.exec(host);
  const { address, bare, port } = parts?.groups ?? {};
  const name = address ?? bare;
  if (!name) return {};
  return { 'server.address': name, 'server.port': port ? Number(port) : scheme === 'https' ? 443 : 80 };
}

const hostForm = /^(?:\[(?<address>[0-9a-fA-F:.]+)\]|(?<bare>[\w.-]+))(?::(?<port>\d{1,5}))?$/;
