import type { Handler } from '../http/exchange.js';
import { readiness } from '../readiness.js';
import { retrySeconds } from '../public-error.js';

/** `GET /health/live`: the event loop turns, and no device was lost. 503 means that only a restart helps. */
export const live: Handler = (exchange) => {
  const devices = exchange.context.host.deviceFailures().map(({ device }) => device);
  if (devices.length === 0) exchange.json(200, { status: 'live' });
  else exchange.json(503, { status: 'failed', devices });
};

/** `GET /health/ready`: predictions are served. */
export const ready: Handler = (exchange) => {
  const report = readiness(exchange.context);
  if (report.status === 'ready') exchange.json(200, report);
  else exchange.json(503, report, { 'retry-after': retrySeconds() });
};
