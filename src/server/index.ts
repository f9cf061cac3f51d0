/** The HTTP server: `node-libtorch/server`. */
export { createApp, type App } from './app.js';
export type { AppOptions, InferenceHost } from './context.js';
export type { DrainReport } from './http/drain.js';
export { createServer, type InferenceServer, type ServerOptions } from './server.js';
export { drainOnSignal, shutDown, type ShutdownOptions } from './shutdown.js';
export { createLogger, flushLogger, type Logger, type LoggerOptions } from '../monitoring/logging.js';
