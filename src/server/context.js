import { createLogger } from '../monitoring/logging.js';
import { ServerMetrics } from '../monitoring/metrics.js';
import { busySamples, queueSamples } from './host-events.js';
import { ownManagement } from './management/own-management.js';
import { Lifecycle } from './readiness.js';
import { Security } from './security/security.js';
import { defaultBodyLimits, mostJsonBytes } from './settings/table.js';
/** A context of its own for one app or server. */
export function createContext({ host, logger: given, shareMetrics, tokens, management }, limits, maxRequestsPerSocket = Infinity) {
    const { logLevel, requestTimeoutMs, stuckAfterMs = 3 * requestTimeoutMs, stuckFails } = limits;
    const logger = given || createLogger({ level: given === false ? 'silent' : logLevel });
    const lifecycle = new Lifecycle();
    const metrics = new ServerMetrics(() => lifecycle.inFlight, () => queueSamples(host), () => busySamples(host));
    return {
        host,
        logger,
        metrics,
        metricsText: shareMetrics?.(() => metrics.snapshot()) ?? (() => metrics.text()),
        lifecycle,
        bodyLimits: {
            json: limits.jsonLimitBytes ?? Math.min(limits.bodyLimitBytes ?? defaultBodyLimits.json, mostJsonBytes),
            octets: limits.binaryLimitBytes ?? limits.bodyLimitBytes ?? defaultBodyLimits.octets,
        },
        imageLimits: { bytes: limits.imageLimitBytes, maxPixels: limits.maxImagePixels },
        requestTimeoutMs,
        stuckAfterMs: stuckAfterMs || Infinity,
        stuckFails,
        logsClients: limits.logClientAddress === 'on',
        management: management ?? ownManagement(host, logger),
        repositoryOnInference: limits.repositoryOnInference,
        maxRequestsPerSocket,
        security: new Security({ ...limits, tokens }, logger),
    };
}
