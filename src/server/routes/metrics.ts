import type { Handler } from '../http/exchange.js';

/** `GET /metrics`, for Prometheus. */
export const metrics: Handler = async (exchange) => {
  const { context } = exchange;
  exchange.send(200, context.metrics.contentType, await context.metricsText());
};
