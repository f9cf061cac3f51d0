import type { Handler } from '../handler.js';
import { readiness } from '../readiness.js';
import { retrySeconds } from '../problem.js';

/** `GET /health/live`: the event loop turns. Says nothing of models. */
export const live: Handler = (exchange) => exchange.json(200, { status: 'live' });

/** `GET /health/ready`: predictions are served. */
export const ready: Handler = (exchange) => {
  const report = readiness(exchange.context);
  if (report.status === 'ready') exchange.json(200, report);
  else exchange.json(503, report, { 'retry-after': retrySeconds() });
};
