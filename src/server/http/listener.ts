import {
  createServer as createPlainServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions as HttpOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { torchError, type TorchError } from '../../errors.js';
import type { ServerContext } from '../context.js';
import type { ServerLimits } from '../options.js';
import { secureOptions, type TlsStore } from '../security/tls.js';
import type { BoundRoute } from '../routes/route.js';
import { awaitContinue } from './body.js';
import { answerClientErrors, refuseConnect } from './client-error.js';
import { limitConnections } from './connection-limit.js';
import { Exchange, type PathParameters } from './exchange.js';
import { appOf } from './express-app.js';
import { formsOf } from './forms-of-paths.js';
import { headerFault } from './header-fault.js';
import { isAt, matcherOf } from './matcher.js';
import { cutUntaken } from './untaken.js';

/** A server of node:http with every limit set. It calls hot routes itself, and the Express app for everything else. */
export function httpServer(context: ServerContext, routes: readonly BoundRoute[], limits: ServerLimits): Server {
  const app = appOf(context, routes);
  const hotRoute = hotRoutes(routes);
  const formOf = formsOf(routes);
  const { maxHeadersCount } = limits;
  const isProbe = probes(routes);
  const check = context.security.requestCheck(limits.host);
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    Exchange.of(context, req, res).inTurn(handle, isUrgent);
  };
  // A server that has much to do says soon that it lives.
  const isUrgent = ({ req }: Exchange): boolean => isProbe(req);
  const handle = (exchange: Exchange) => {
    const { req, res } = exchange;
    const fault =
      headerFault(req, maxHeadersCount) ??
      check?.(req) ??
      (exchange.isSpare && !isProbe(req) ? tooManyConnections() : undefined);
    const hot = fault ? undefined : hotRoute(req.method, req.url);
    if (hot) exchange.answer(hot.route, hot.parameters);
    else if (!fault) app(req, res);
    else {
      exchange.errorForm = formOf(req.url);
      exchange.fail(fault, { connection: 'close' });
    }
  };
  const { tls } = context.security;
  const server = createServer(
    tls,
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.receiveTimeoutMs,
      // Without it node looks at the two limits above every 30 s.
      connectionsCheckingInterval: limits.connectionsCheckingIntervalMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      noDelay: true,
      // headerFault checks it: node would answer without a body.
      requireHostHeader: false,
    },
    listener,
  );
  // One more than allowed: node drops the headers beyond silently, and a request without its last headers is another request.
  server.maxHeadersCount = maxHeadersCount + 1;
  // Exchange closes a connection after its last request; node would keep it open and answer 503 from then on.
  server.maxRequestsPerSocket = 0;
  limitConnections(server, context, limits.maxConnections);
  cutUntaken(server, context, limits, tls !== undefined);
  // A server may ignore an expectation that it does not know.
  server.on('checkExpectation', listener);
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    awaitContinue(req, res);
    listener(req, res);
  });
  answerClientErrors(server, context);
  refuseConnect(server, context);
  return server;
}

/** Of node:http, or of node:https where there are certificates. */
function createServer(tls: TlsStore | undefined, options: HttpOptions, listener: RequestListener): Server {
  if (!tls) return createPlainServer(options, listener);
  const { content } = tls;
  const server = createSecureServer(
    {
      ...options,
      ...secureOptions(content),
      // A client that does not speak has as much time as one whose headers do not come.
      handshakeTimeout: options.headersTimeout ?? 0,
      requestCert: content.ca !== undefined,
      rejectUnauthorized: content.ca !== undefined,
    },
    listener,
  );
  tls.follow((later) => server.setSecureContext(secureOptions(later)));
  return server;
}

interface HotRoute {
  readonly route: BoundRoute;
  readonly parameters: PathParameters;
}

/** Finds the hot route of a request by the exact path, with any query: as Express would, case sensitively. */
export function hotRoutes(routes: readonly BoundRoute[]): (method?: string, url?: string) => HotRoute | undefined {
  const hot = routes.filter((route) => route.hot).map((route) => ({ route, match: matcherOf(route.path) }));
  return (method, url = '') => {
    for (const { route, match } of hot) {
      if (method !== route.method) continue;
      const parameters = match(url);
      if (parameters) return { route, parameters };
    }
    return undefined;
  };
}

/** Tells the requests that are answered when there are too many connections for others. */
function probes(routes: readonly BoundRoute[]): (req: IncomingMessage) => boolean {
  const paths = routes.filter((route) => route.isProbe).map((route) => route.path);
  return ({ url }) => paths.some((path) => isAt(url, path));
}

function tooManyConnections(): TorchError {
  return torchError('ERR_QUEUE_FULL', 'There are more connections than this server takes');
}
