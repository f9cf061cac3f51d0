// A whole server as a process of its own, for the tests of how it ends.
import { ModelHost } from '#dist/index.js';
import { createLogger, createServer, drainOnSignal } from '#dist/server/index.js';

const logger = createLogger();
const host = await ModelHost.open({ models: [{ name: 'mnist-mlp' }] });
const server = await createServer({ host, port: 0, logger, preStopDelayMs: 100 });
drainOnSignal(server, host, logger);
logger.info({ url: server.url }, 'listening');
