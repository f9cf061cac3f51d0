import type { IncomingMessage, ServerResponse } from 'node:http';
import { createContext, type AppOptions } from './context.js';
import { watchDevices } from './device-watch.js';
import { appOf } from './http/express-app.js';
import { follow } from './host-metrics.js';
import { predictHandler } from './routes/predict.js';

/** What Express mounts and `http.createServer` takes. Not Express's own type, which only those have who install its types. */
export type App = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void;

/**
 * An Express app that serves predictions, health, metrics and its own description; mount it under any path. It answers
 * every request that reaches it.
 */
export function createApp(options: AppOptions): App {
  const context = createContext(options);
  // For as long as the host lives: an app has no end of its own.
  follow(context.host, context.metrics);
  watchDevices(context.host, context.logger);
  return appOf(context, predictHandler(context)) as App;
}
