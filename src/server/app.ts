import type { IncomingMessage, ServerResponse } from 'node:http';
import { createContext } from './context.js';
import { followHost } from './host-events.js';
import { appOf } from './http/express-app.js';
import { resolveAppOptions, type AppOptions } from './options.js';
import { bindRoutes } from './routes/route.js';
import { routes } from './routes/table.js';

/** A handler for Express and for `http.createServer`. Its type does not need Express's types to be installed. */
export type App = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void;

/**
 * An Express app that serves predictions, health, metrics and its own description. Mount it under any path: it answers
 * every request that reaches it.
 * @throws ERR_INVALID_ARGUMENT for an unknown option and for a value that is not allowed
 */
export function createApp(options: AppOptions): App {
  const context = createContext(options, resolveAppOptions(options));
  // Until the host ends: an app has no end of its own.
  followHost(context.host, context);
  return appOf(context, bindRoutes(routes, context), context.security.requestCheck(undefined)) as App;
}
