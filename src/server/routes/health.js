import { readiness } from '../readiness.js';
import { retrySeconds } from '../public-error.js';
import { describeStuck, stuckModels } from '../stuck.js';
/**
 * Whether only a restart helps. A stuck model may come back, so it counts only where the setting stuckFails says so.
 */
export function liveness({ host, stuckFails, stuckAfterMs }) {
    const devices = host.deviceFailures().map(({ device }) => device);
    if (devices.length > 0)
        return { status: 'failed', devices };
    const stuck = stuckFails === 'live' ? stuckModels(host, stuckAfterMs).map(describeStuck) : [];
    return stuck.length > 0 ? { status: 'stuck', reason: stuck.join('; ') } : { status: 'live' };
}
/** `GET /health/live`: the event loop turns, and no device was lost. 503 means that only a restart helps. */
export const live = (exchange) => {
    const report = liveness(exchange.context);
    exchange.json(report.status === 'live' ? 200 : 503, report);
};
/** `GET /health/ready`: predictions are served. */
export const ready = (exchange) => {
    const report = readiness(exchange.context);
    if (report.status === 'ready')
        exchange.json(200, report);
    else
        exchange.json(503, report, { 'retry-after': retrySeconds() });
};
