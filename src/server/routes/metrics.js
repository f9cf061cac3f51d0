/** `GET /metrics`, for Prometheus. */
export const metrics = async (exchange) => {
    const { context } = exchange;
    exchange.send(200, context.metrics.contentType, await context.metricsText());
};
