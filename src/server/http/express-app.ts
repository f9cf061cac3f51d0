import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { torchError } from '../../errors.js';
import type { ServerContext } from '../context.js';
import { Exchange, type Route } from './exchange.js';
import type { Handler } from '../handler.js';
import { live, ready } from '../routes/health.js';
import { metrics } from '../routes/metrics.js';
import { openapi } from '../routes/openapi.js';
import type { RawHandler } from '../routes/predict.js';

/** The app around a context; `predict` is the handler that a server also calls in front of it. */
export function appOf(context: ServerContext, predict: RawHandler): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  const begin = (req: IncomingMessage, res: ServerResponse) => Exchange.of(context, req, res);

  app.use((req, res, next) => {
    begin(req, res);
    if (!isDecodable(req.path)) throw torchError('ERR_BAD_REQUEST', 'Expected a path with valid percent-encoding');
    next();
  });
  const route = (path: Route, methods: readonly string[], handler: RequestHandler) => {
    const allow = [...methods, 'OPTIONS'].join(', ');
    app.all(path, (req, res, next) => {
      const exchange = begin(req, res);
      exchange.route = path;
      if (methods.includes(req.method)) return handler(req, res, next);
      if (req.method === 'OPTIONS') exchange.send(204, undefined, '', { allow });
      else exchange.fail(torchError('ERR_METHOD_NOT_ALLOWED', `Expected one of ${allow} for ${path}`), { allow });
    });
  };
  const read = (path: Route, handler: Handler) =>
    route(path, ['GET', 'HEAD'], async (req, res) => handler(begin(req, res)));

  route('/predict', ['POST'], predict);
  read('/health/live', live);
  read('/health/ready', ready);
  read('/metrics', metrics);
  read('/openapi.json', openapi());

  app.use((req, res) => {
    begin(req, res).fail(torchError('ERR_ROUTE_NOT_FOUND', 'No such route; see /openapi.json'));
  });
  // Express tells error handlers by their four parameters.
  const lastResort: ErrorRequestHandler = (error: unknown, req, res, _next) => begin(req, res).fail(error);
  app.use(lastResort);
  return app;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
