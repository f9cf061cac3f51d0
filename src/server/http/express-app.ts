import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import { torchError } from '../../errors.js';
import type { ServerContext } from '../context.js';
import type { RequestCheck } from '../security/browser.js';
import type { BoundRoute } from '../routes/route.js';
import { Exchange, type PathParameters } from './exchange.js';
import { formsOf } from './forms-of-paths.js';

/**
 * The Express app of these routes. Each path answers OPTIONS, refuses other methods with 405, and HEAD is GET.
 * @param check what every request is asked first, where nobody has asked before
 */
export function appOf(context: ServerContext, routes: readonly BoundRoute[], check?: RequestCheck): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  const begin = (req: IncomingMessage, res: ServerResponse) => Exchange.of(context, req, res);
  const formOf = formsOf(routes);

  app.use((req, res, next) => {
    begin(req, res).errorForm = formOf(req.path);
    const fault = check?.(req);
    if (fault) throw fault;
    if (!isDecodable(req.path)) throw torchError('ERR_BAD_REQUEST', 'Expected a path with valid percent-encoding');
    const { loading } = context.tracing;
    // The first requests of an app, which cannot wait for it when it is made.
    if (loading) void loading.then(() => next());
    else next();
  });
  for (const path of new Set(routes.map((route) => route.path))) {
    app.all(path, pathHandler(path, routes, begin));
  }
  app.use((req, res) => {
    begin(req, res).fail(torchError('ERR_ROUTE_NOT_FOUND', noRoute(req.path, `${req.baseUrl}/openapi.json`)));
  });
  // Express tells error handlers by their four parameters.
  const lastResort: ErrorRequestHandler = (error: unknown, req, res, _next) => begin(req, res).fail(error);
  app.use(lastResort);
  return app;
}

/** Chooses among the routes of one path by the method. */
function pathHandler(
  path: BoundRoute['path'],
  routes: readonly BoundRoute[],
  begin: (req: IncomingMessage, res: ServerResponse) => Exchange,
): RequestHandler {
  const byMethod = new Map<string, BoundRoute>();
  for (const route of routes) {
    if (route.path !== path) continue;
    byMethod.set(route.method, route);
    if (route.method === 'GET') byMethod.set('HEAD', route);
  }
  const { errorForm = 'problem' } = [...byMethod.values()][0] ?? {};
  const allow = [...byMethod.keys(), 'OPTIONS'].join(', ');
  return (req, res) => {
    const exchange = begin(req, res);
    exchange.route = path;
    exchange.errorForm = errorForm;
    const route = byMethod.get(req.method);
    // Without wildcards in the patterns every parameter is one text.
    if (route) exchange.answer(route, req.params as PathParameters);
    else if (req.method === 'OPTIONS') exchange.send(204, undefined, '', { allow });
    else exchange.fail(torchError('ERR_METHOD_NOT_ALLOWED', `Expected one of ${allow} for ${asked(req)}`), { allow });
  };
}

/** The path as it was sent; of a long one the beginning. */
function asked({ baseUrl, path }: Request): string {
  const whole = `${baseUrl}${path}`;
  return whole.length > longestShown ? `${whole.slice(0, longestShown)}…` : whole;
}

const longestShown = 200;

/** What changes models, which a port of inference has only where the operator says so. */
const change = /^\/(admin(\/|$)|v2\/repository\/models\/[^/]+\/(un)?load$)/;

function noRoute(path: string, description: string): string {
  const hint = change.test(path)
    ? 'models are changed over the admin port, or here where the setting repositoryOnInference is on'
    : `see ${description}`;
  return `No such route here; ${hint}`;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
