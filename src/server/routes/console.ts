/** The page at `/`, for people: docs/console.md. */
import { consoleAssets } from '../console/assets.js';
import { prefersHtml } from '../console/accepts-html.js';
import { consolePage, consolePolicy, wayAbove } from '../console/page.js';
import { consoleModel, consoleState, noConsole, type ConsoleRights } from '../console/state.js';
import type { ServerContext } from '../context.js';
import type { Exchange, Handler } from '../http/exchange.js';
import { json, type Operation } from '../openapi/operation.js';
import { ConsoleModel, ConsoleState } from '../schemas/console.js';
import { alive } from './compat/kserve.js';
import type { Route } from './route.js';

/** `GET /`: the page to whoever would rather have HTML, KServe's answer to everybody else. */
export function front({ console: mode }: ServerContext): Handler {
  if (mode === 'off') return alive;
  return async (exchange, parameters) => {
    const { req } = exchange;
    const assets = prefersHtml(req.headers.accept) ? await consoleAssets() : undefined;
    // A cache in between must not give the page to a program, nor the other way.
    exchange.res.setHeader('vary', 'Accept');
    if (!assets) return alive(exchange, parameters);
    const { originalUrl = req.url ?? '' } = req as { readonly originalUrl?: string };
    exchange.send(200, 'text/html; charset=utf-8', consolePage(wayAbove(originalUrl), assets), {
      'content-security-policy': consolePolicy,
      'referrer-policy': 'no-referrer',
    });
  };
}

/** `GET /console/:digest/:file`: what the page loads. The digest is of the content, so it never changes under its URL. */
export const asset: Handler = async (exchange, { digest, file = '' }) => {
  const assets = await consoleAssets();
  const found = assets?.digest === digest ? assets?.files.get(file) : undefined;
  if (!found) throw noConsole();
  exchange.send(200, found.contentType, [found.bytes], { 'cache-control': 'public, max-age=31536000, immutable' });
};

/** `GET /console/state` */
export function state(context: ServerContext, routes: readonly Route[]): Handler {
  const rightsOf = rightsOver(context, routes);
  return async (exchange) => exchange.json(200, await consoleState(context, rightsOf(exchange)));
}

/** `GET /console/state/:model/:version` */
export function model(context: ServerContext): Handler {
  return async (exchange, { model: name = '', version = '' }) =>
    exchange.json(200, await consoleModel(context, name, version));
}

/** What this listener offers, and what of it the caller's token is for. */
function rightsOver({ security }: ServerContext, routes: readonly Route[]): (exchange: Exchange) => ConsoleRights {
  const answers = routes.some(({ hot }) => hot);
  const changes = routes.some(({ isManagement }) => isManagement);
  return ({ req, address }) => {
    const isAdmin = () => {
      try {
        security.authorize({ authorization: req.headers.authorization, address }, 'admin');
        return true;
      } catch {
        return false;
      }
    };
    return { try: answers, act: changes && isAdmin() };
  };
}

const text = (mediaType: string) => ({ mediaType, schema: { type: 'string' } });

export const frontOperation: Operation = {
  id: 'kserveAlive',
  tag: 'operation',
  summary: 'The console, for browsers (Accept: text/html); KServe v1 for everybody else: the server lives.',
  responses: {
    200: {
      description: 'The page, or that it lives.',
      content: [
        { mediaType: 'application/json', schema: { type: 'object', properties: { status: { const: 'alive' } } } },
        text('text/html'),
      ],
    },
  },
};

export const assetOperation: Operation = {
  id: 'consoleAsset',
  tag: 'operation',
  summary: 'Scripts and styles of the console.',
  responses: {
    200: { description: 'The file.', content: [text('text/javascript'), text('text/css'), text('image/svg+xml')] },
  },
};

export const stateOperation: Operation = {
  id: 'consoleState',
  tag: 'operation',
  summary: 'What the console shows: how the server is, every version that is known, and what the caller may do.',
  responses: { 200: { description: 'All of it.', content: [json({ ConsoleState })] } },
};

export const modelOperation: Operation = {
  id: 'consoleModel',
  tag: 'operation',
  summary: 'One version as the console shows it: signature, record and card.',
  responses: { 200: { description: 'That version.', content: [json({ ConsoleModel })] } },
};
