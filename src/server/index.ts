/** The HTTP server: `node-libtorch/server`. */
import '../files/unbundled.js';
export type { AdminServer } from './admin-server.js';
export { createApp, type App } from './app.js';
export type { InferenceHost } from './host.js';
export type { DrainReport } from './http/drain.js';
export type { DriftEvent, MonitoringOptions } from './monitoring/options.js';
export type { AppOptions, ServerOptions } from './options.js';
export { createServer, type CloseOptions, type InferenceServer } from './server.js';
export { drainOnSignal, shutDown, type ShutdownOptions } from './shutdown.js';
export { createLogger, flushLogger, type Logger, type LoggerOptions } from '../monitoring/logging.js';
