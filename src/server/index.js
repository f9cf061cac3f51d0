/** The HTTP server: `node-libtorch/server`. */
import '../files/unbundled.js';
export { createApp } from './app.js';
export { createServer } from './server.js';
export { drainOnSignal, shutDown } from './shutdown.js';
export { createLogger, flushLogger } from '../monitoring/logging.js';
