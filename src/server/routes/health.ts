import type { Handler } from '../http/exchange.js';
import { readiness } from '../readiness.js';
import { retrySeconds } from '../public-error.js';
import { describeStuck, stuckModels } from '../stuck.js';

/**
 * `GET /health/live`: the event loop turns, and no device was lost. 503 means that only a restart helps. A stuck model may
 * come back, so it counts only where the setting stuckFails says so.
 */
export const live: Handler = (exchange) => {
  const { host, stuckFails, stuckAfterMs } = exchange.context;
  const devices = host.deviceFailures().map(({ device }) => device);
  const stuck = stuckFails === 'live' ? stuckModels(host, stuckAfterMs).map(describeStuck) : [];
  if (devices.length > 0) exchange.json(503, { status: 'failed', devices });
  else if (stuck.length > 0) exchange.json(503, { status: 'stuck', reason: stuck.join('; ') });
  else exchange.json(200, { status: 'live' });
};

/** `GET /health/ready`: predictions are served. */
export const ready: Handler = (exchange) => {
  const report = readiness(exchange.context);
  if (report.status === 'ready') exchange.json(200, report);
  else exchange.json(503, report, { 'retry-after': retrySeconds() });
};
